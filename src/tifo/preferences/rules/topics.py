"""What a topic and a score may look like."""

import re

from tifo.kernel.public import Refused
from tifo.kernel.public import sentence as _

SLUG_LENGTH = 64
_SLUG = re.compile(r"[^\W_]+(?:-[^\W_]+)*")

PURPOSE_OF_SOURCE = {"click": "tracking"}
"""The consent that learning from a source needs. Acts that she does for the sake of telling us (a quiz, a survey)
say so where they are done, and need none besides."""


def checked_slug(text: str) -> str:
    """The slug of a topic in its one spelling: lower case, words joined by hyphens ("3x3 Basketball" is
    "3x3-basketball"). Raises Refused."""
    slug = re.sub(r"[\s_]+", "-", text.strip().lower())
    if not _SLUG.fullmatch(slug) or len(slug) > SLUG_LENGTH:
        raise Refused(
            _(
                "%(text)r can't name a topic: write letters and figures with hyphens between, such as beach-volleyball, at most %(slug_length)s signs.",
                text=text[:80],
                slug_length=SLUG_LENGTH,
            )
        )
    return slug


def checked_score(score: float) -> float:
    """A score between 0 and 1. Raises Refused (also for what is no number)."""
    if not 0 <= score <= 1:
        raise Refused(
            _("A liking of %(score)s is not possible: write a number from 0 (not at all) to 1.", score=score)
        )
    return float(score)
