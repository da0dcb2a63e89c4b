"""The values that go in and out of this context."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Texts = Mapping[str, str]
Answer = Mapping[str, tuple[str, ...]]
"""What she chose: the keys of options by the key of the question."""

State = Literal["open", "closed", "settled"]
PlayState = Literal["started", "waits", "held", "judged", "refused"]
PLAY_STATES: tuple[PlayState, ...] = ("started", "waits", "held", "judged", "refused")
"""started: she has seen a timed quest. waits: for a result. held: for a person who looks at it."""

GuestState = Literal["waits", "counted", "held", "refused", "over"]
GUEST_STATES: tuple[GuestState, ...] = ("waits", "counted", "held", "refused", "over")
"""waits: came just now. held: may be somebody we know, a person looks. over: more than the quest counts."""


def said(texts: Texts, language: str) -> str:
    """The text in this language, else in English, else in the first that there is."""
    return (
        texts.get(language)
        or texts.get(language.split("-")[0])
        or texts.get("en")
        or next(iter(texts.values()), "")
    )


@dataclass(frozen=True, slots=True)
class Option:
    """An answer that can be chosen; `topics`: what it tells of who chooses it."""

    key: str
    text: Texts
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """`right`: the keys of what is right, all of them; empty where nothing is. `many`: several may be chosen."""

    key: str
    ask: Texts
    options: tuple[Option, ...]
    right: tuple[str, ...] = ()
    because: Texts = field(default_factory=dict)
    many: bool = False


@dataclass(frozen=True, slots=True)
class Quest:
    """A quest as its file says it. `points` and `status` for each full `per` of what its kind counts, `at_most` in all."""

    name: str
    kind: str
    title: Texts
    lead: Texts
    opens_at: datetime
    closes_at: datetime
    points: int = 0
    status: int = 0
    per: int = 1
    at_most: int | None = None
    audience: str = ""
    topics: tuple[str, ...] = ()
    seconds: int | None = None
    questions: tuple[Question, ...] = ()
    legal: Texts = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rule(self) -> str:
        """The key of the rule by which it earns."""
        return f"quest/{self.name}"


@dataclass(frozen=True, slots=True)
class Activity:
    """What a recording says that she did. `digest` is the same for one activity in any format; `doubts`: why it is held."""

    started_at: datetime
    metres: int
    seconds: int
    digest: str
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What the server knows when it judges: nothing of it comes from her browser.

    `deal`: which thing of a puzzle lay at which place of her page. `moves`: those of a memory that she solved.
    """

    late: bool = False
    deal: tuple[int, ...] = ()
    moves: int | None = None
    photo: bool = False
    declared: int = 0
    been_to: frozenset[str] = frozenset()
    played: frozenset[str] = frozenset()
    activity: Activity | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`quantity`: of what the quest's kind counts. `topics`: what it tells of her. `result`: the option of a test."""

    state: PlayState
    quantity: int = 0
    topics: tuple[str, ...] = ()
    result: str = ""


@dataclass(frozen=True, slots=True)
class Played:
    """Where she stands with a quest. `points`: what it earned her; `again`: it had been answered before."""

    state: PlayState
    quantity: int
    points: int
    answer: Answer
    result: str = ""
    again: bool = False
    started_at: datetime | None = None
    learnt: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A play that waits for a person: what is known of it, and why it waits (codes of rules.tracks)."""

    play_id: int
    at: datetime
    metres: int
    seconds: int
    doubts: tuple[str, ...]
    appeal: str = ""  # what she says who asks for a second look


@dataclass(frozen=True, slots=True)
class Appealed:
    """Her activity was turned away by a person. `words`: with which she asked for a second look, empty if she did not."""

    words: str = ""
    answer: str = ""


REASONS = ("subject", "person", "words", "not-hers", "unclear")
"""Why a photo does not count: of something else, somebody can be known who didn't agree, hurts, not hers, unclear."""


@dataclass(frozen=True, slots=True)
class ShownPhoto:
    """A photo, named by its play. `show`: she said that others may see it. `twin`: handed in before, by whomever."""

    play_id: int
    width: int
    height: int
    show: bool = False
    twin: bool = False


@dataclass(frozen=True, slots=True)
class HerTeam:
    """The team of a fan. `total` and `goal` in what its quests count."""

    number: int
    name: str
    code: str
    members: int
    most: int
    total: int
    goal: int
    reached: bool


@dataclass(frozen=True, slots=True)
class BoardTeam:
    """A team on the board. `name`: empty until staff let it in."""

    team_id: int
    number: int
    name: str
    total: int
    reached: bool


@dataclass(frozen=True, slots=True)
class Invited:
    """The link of a fan, and who came by it: how many counted, wait for us, and what they brought her."""

    code: str
    counted: int
    waiting: int
    most: int
    points: int


@dataclass(frozen=True, slots=True)
class HeldGuest:
    """A guest that waits for a person: may be the one who invited, or another guest of hers."""

    guest_id: int
    fan_id: int
    inviter_id: int
    because: str
    at: datetime


@dataclass(frozen=True, slots=True)
class KnownPlay:
    """All that is known of a fan with a quest, for her. `photo`: the bytes of her file."""

    quest: str
    title: Texts
    state: str
    quantity: int
    points: int
    result: str
    learnt: bool
    started_at: datetime
    answered_at: datetime | None
    answers: Mapping[str, tuple[str, ...]]
    activity: Mapping[str, object]
    team: Mapping[str, object]
    link: str
    guests: int
    photo: bytes = b""


@dataclass(frozen=True, slots=True)
class OpenQuest:
    """A quest that she can play now, as the first page and the list show it."""

    name: str
    kind: str
    title: str
    lead: str
    href: str
    closes_at: datetime
    points: int | None
    played: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A quest in the studio's list and on the command line."""

    name: str
    kind: str
    state: State
    title: Texts
    opens_at: datetime
    closes_at: datetime
    plays: int
    held: int
    waits: int
