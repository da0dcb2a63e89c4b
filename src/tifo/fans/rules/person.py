"""The values of a person: what may be written, and how it is kept."""

import re
import unicodedata
from datetime import UTC, date, datetime

from tifo.kernel.public import Refused
from tifo.kernel.public import sentence as _

FIELDS = (
    "email", "phone", "first_name", "last_name", "birth_date", "gender", "language", "country", "postcode",
    "timezone", "external_id", "joined_at", "club_member",
)  # fmt: skip
"""What an import may say of a person. The order is kept for ever: Fan.seen_fields has one bit for each."""

IDENTITIES = {"email": "email", "phone": "phone", "external": "external_id"}
"""Kind of identity -> the field that carries it."""

GENDERS = ("female", "male", "other")
_GENDER_WORDS = {
    **dict.fromkeys(("female", "f", "woman", "w", "femme", "mujer", "أنثى", "امرأة"), "female"),
    **dict.fromkeys(("male", "m", "man", "homme", "h", "hombre", "ذكر", "رجل"), "male"),
    **dict.fromkeys(("other", "o", "x", "non-binary", "nonbinary", "autre", "otro", "آخر"), "other"),
}
_YES = {"yes", "y", "true", "t", "1", "x", "oui", "o", "vrai", "sí", "si", "s", "نعم"}
_NO = {"no", "n", "false", "f", "0", "non", "faux", "لا"}
OLDEST = date(1900, 1, 1)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
LONGEST = 200  # signs of a name, a post code, an external id


def plain_text(text: str) -> str:
    """The text as typed, without white space around it. Refused: too long, or with control characters."""
    kept = text.strip()
    if len(kept) > LONGEST:
        raise Refused(_("longer than %(longest)s signs", longest=LONGEST))
    for sign in kept:
        if unicodedata.category(sign) in ("Cc", "Cs"):
            raise Refused(_("a control character (U+%(sign)s) stands in it", sign=f"{ord(sign):04X}"))
    return kept


def canonical_external_id(text: str) -> str:
    """NFC; capital and small letters differ."""
    return unicodedata.normalize("NFC", plain_text(text))


def canonical_gender(text: str) -> str:
    """female, male or other."""
    if word := _GENDER_WORDS.get(text.strip().casefold()):
        return word
    raise Refused(_("write female, male or other, or leave it empty"))


def yes_or_no(text: str) -> bool:
    """Yes or no in the house's languages."""
    word = text.strip().casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Refused(_("write yes or no, or leave it empty"))


def canonical_birth_date(text: str, today: date) -> date:
    """A date from 1900 to `today`, written 1990-07-14 (other ways of writing mean different days elsewhere)."""
    wanted = text.strip()
    try:
        day = date.fromisoformat(wanted if _ISO_DATE.fullmatch(wanted) else "")
    except ValueError:
        raise Refused(_("it is no date; write it as 1990-07-14")) from None
    return check_birth_date(day, today)


def check_birth_date(day: date, today: date) -> date:
    """The same day, when somebody alive can have been born on it."""
    if day < OLDEST:
        raise Refused(_("it lies before 1900"))
    if day > today:
        raise Refused(_("it lies in the future"))
    return day


def canonical_moment(text: str, now: datetime) -> datetime:
    """A moment that has been, in ISO 8601; UTC where no zone is written, midnight where no time is."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Refused(_("it is no moment; write it as 2024-07-26T19:30:00+02:00")) from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise Refused(_("it lies outside the calendar")) from None
    if moment > now:
        raise Refused(_("it lies in the future"))
    if moment.year < 1900:
        raise Refused(_("it lies before 1900"))
    return moment


def name_key(text: str | None) -> str:
    """A name as it is searched: without case, accents and doubled spaces."""
    if not text:
        return ""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return " ".join(unicodedata.normalize("NFKC", bare).casefold().split())
