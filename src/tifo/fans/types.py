"""What the fans context gives to others."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple


@dataclass(frozen=True)
class Fan:
    """Everything known of who a fan is. None: not known. An erased fan has nothing but her id and dates.

    `email` is as typed, `phone` E.164, `language` a BCP 47 tag ("fr", "zh-Hant"), `country` ISO 3166-1 alpha-2,
    `timezone` an IANA name; moments are aware, in UTC.
    """

    id: int
    source: str
    joined_at: datetime
    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    birth_date: date | None = None
    gender: str | None = None
    language: str | None = None
    country: str | None = None
    postcode: str | None = None
    timezone: str | None = None
    external_id: str | None = None
    member_since: datetime | None = None
    erased_at: datetime | None = None


class Addressee(NamedTuple):
    """Where and how to write to a fan. `email` is as a mail server takes it, `destination_key` stands for it; both
    None for who has no address, and for who was erased."""

    email: str | None
    destination_key: bytes | None
    first_name: str | None
    last_name: str | None
    language: str | None
    country: str | None
    timezone: str | None
    erased: bool


@dataclass(frozen=True)
class LookAlikes:
    """Fans who may be one person, for somebody to look at: nothing follows from it by itself.

    `because`: "person" (the same names and day of birth), or "mailbox" (addresses that one provider puts together).
    """

    because: str
    fan_ids: tuple[int, ...]


@dataclass(frozen=True)
class PersonProblem:
    """A value of a person that can't be taken: which row, which column, what is wrong and the mend."""

    row: int
    column: str
    text: str
