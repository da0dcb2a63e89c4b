"""The cells of which `fans` knows nothing: consents and tastes; and what no cell of a spreadsheet may hold."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from tifo.registry.types import Fault, gettext_noop

Said = Literal["yes", "no"]

CONSENT = gettext_noop(
    "it is none of: the moment it was given (2024-05-31T18:30:00+02:00), empty, no, withdrawn <moment>"
)
FUTURE = gettext_noop("its moment lies in the future, or before 1970")
LIKES = gettext_noop("it is no number from 0 to 1")
FORMULA = gettext_noop("it begins like a spreadsheet formula: delete the = + - or @ in front")

# Texts that a person chooses freely; an = or @ in front is a spreadsheet's formula, never a name.
FREE_TEXTS = ("first_name", "last_name", "postcode", "external_id")
FORMULA_START = r"^\s*[=+@\-\t\r]"
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
SLACK = timedelta(days=1)  # clocks and zones of other systems
FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].{4,30})?")


class Unfit(ValueError):  # noqa: N818  it names what is the matter
    """A cell that can't be taken."""

    def __init__(self, template: str) -> None:
        self.fault = Fault(template)
        super().__init__(template)


@dataclass(frozen=True)
class ConsentCell:
    """What a cell of `consent:<purpose>` says. Without a moment a no was said at the latest when the file came."""

    said: Said
    moment: datetime


def consent(text: str, now: datetime) -> ConsentCell:
    """The moment it was given, `no`, or `withdrawn <moment>`. Raises Unfit. UTC where no zone is written."""
    word, _, rest = text.partition(" ")
    if word.casefold() in ("no", "withdrawn"):
        return ConsentCell("no", _moment(rest.strip(), now) if rest.strip() else now)
    return ConsentCell("yes", _moment(text, now))


def _moment(text: str, now: datetime) -> datetime:
    if not _MOMENT.fullmatch(text):
        raise Unfit(CONSENT)
    try:
        moment = datetime.fromisoformat(text.replace(" +", "+").replace(" Z", "Z"))
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unfit(CONSENT) from None
    if not FIRST <= moment <= now + SLACK:
        raise Unfit(FUTURE)
    return moment


def likes(text: str) -> float:
    """A number from 0 to 1, with a point or a comma. Raises Unfit."""
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        raise Unfit(LIKES) from None
    if not 0 <= number <= 1 or "_" in text:
        raise Unfit(LIKES)
    return number


def each(texts: list[str], rule: Callable[[str], object]) -> tuple[dict[str, object], dict[str, Fault]]:
    """Every text through the rule once: its values, and what is wrong with the others."""
    found: dict[str, object] = {}
    wrong: dict[str, Fault] = {}
    for text in texts:
        try:
            found[text] = rule(text)
        except Unfit as error:
            wrong[text] = error.fault
    return found, wrong


def formula_safe(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP ASVS 1.2.10): an apostrophe goes in front."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(_DANGEROUS) else text
