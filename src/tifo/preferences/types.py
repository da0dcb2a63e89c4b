"""The values that go in and out of this context."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

KINDS = ("sport", "athlete", "team", "theme")
"""What a topic may be."""

BY_HER = "fan"
"""Declared by the fan herself, in the preference centre. Any other source is somebody who says it for her."""


@dataclass(frozen=True, slots=True)
class Topic:
    """Something that a fan may like. `names` by language; a language without a name shows the slug in words."""

    slug: str
    kind: str = "theme"
    names: Mapping[str, str] = field(default_factory=dict)

    def name(self, language: str) -> str:
        """In this language, else in English, else the slug in words."""
        return self.names.get(language) or self.names.get("en") or self.slug.replace("-", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why we believe that a fan likes something: one declaration, or one piece of evidence.

    `id`: of the evidence, to forget it by; None for a declaration. `share`: what this reason still weighs of all
    that was learnt of the topic, 0 to 1. `text`: in the reader's language.
    """

    id: int | None
    source: str
    at: datetime
    share: float
    text: str


@dataclass(frozen=True, slots=True)
class Preference:
    """What a fan likes, 0 (not at all) to 1, and why we believe it. `learnt` is what we would believe had she said
    nothing."""

    topic: Topic
    score: float
    declared: bool
    learnt: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Taught:
    """How many fans taught us something of a topic, by one kind of act."""

    topic: Topic
    source: str
    fans: int
