"""What the consents context gives to others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

State = Literal["given", "withdrawn", "pending"]
Act = Literal["requested", "given", "withdrawn"]


@dataclass(frozen=True)
class Purpose:
    """Why we use data of a fan. `legal_class`: marketing | service | tracking | research."""

    key: str
    legal_class: str
    names: Mapping[str, str]
    descriptions: Mapping[str, str]
    double_opt_in: bool

    def name(self, language: str) -> str:
        """Its name in `language`, else in English."""
        return self.names.get(language) or self.names.get(language.split("-")[0]) or self.names["en"]


@dataclass(frozen=True)
class Notice:
    """The exact wording that a fan sees; never changed, a new wording is a new version."""

    id: int
    purpose: str
    version: int
    language: str
    text: str
    hash: str
    published_at: datetime


class Answer(NamedTuple):
    """What a fan said last about a purpose, and which of her answers that was."""

    state: State
    version: int


@dataclass(frozen=True)
class ConsentState:
    """Where a fan stands with a purpose: the fold of her ledger."""

    purpose: str
    state: State
    version: int
    moment: datetime


@dataclass(frozen=True)
class Entry:
    """One line of the ledger. `proof` is empty once she was erased (`blanked_at`); its hash stays in the chain."""

    id: int
    fan_id: int
    purpose: str
    version: int
    act: Act
    moment: datetime
    recorded_at: datetime
    source: str
    notice_id: int | None
    proof: Mapping[str, object] = field(default_factory=dict)
    blanked_at: datetime | None = None
    hash: str = ""
