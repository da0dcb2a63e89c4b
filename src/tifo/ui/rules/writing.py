"""Figures, dates and names as people of a language write them, through Babel.

Languages are Django's codes ("en", "fr", "pt-br"). What isn't known is written "–".
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError, dates, numbers, units

UNKNOWN = "–"
# English here is that of an international event: day before month, 24 hours.
_CHOSEN = {"en": "en_GB"}
# CLDR has no skeleton for the whole names in each language.
_WEEKDAY = {"ar": "EEEE، d MMMM", "es": "EEEE, d 'de' MMMM", "pt": "EEEE, d 'de' MMMM", "de": "EEEE, d. MMMM"}
# Arabic's medium form is digits and slashes, hard to read between words.
_DAY = {"ar": "long"}


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    code = _CHOSEN.get(language, language).replace("-", "_")
    try:
        return Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        return Locale.parse(_CHOSEN["en"])


def number(value: float | Decimal | None, language: str = "en") -> str:
    """12,480 in the language's grouping; at most two decimals."""
    return (
        UNKNOWN
        if value is None
        else numbers.format_decimal(value, format="#,##0.##", locale=_locale(language))
    )


def percent(share: float | Decimal | None, decimals: int = 0, language: str = "en") -> str:
    """A share from 0 to 1 as percent. What is not quite nothing or all isn't rounded to it: "<1 %", ">99 %"."""
    if share is None:
        return UNKNOWN
    locale = _locale(language)
    step = 10.0 ** -(decimals + 2)
    form = locale.percent_formats[None].pattern.replace(
        "#,##0", "#,##0" + ("." + "0" * decimals if decimals else "")
    )

    def written(part: float) -> str:
        return numbers.format_percent(part, format=form, locale=locale)

    if 0 < share < step / 2:
        return "<" + written(step)
    if 1 - step / 2 < share < 1:
        return ">" + written(1 - step)
    return written(float(share))


def bytesize(value: int | None, language: str = "en") -> str:
    """Bytes in kB or MB (powers of ten, as mail limits are)."""
    if value is None:
        return UNKNOWN
    sizes = (("gigabyte", 10**9), ("megabyte", 10**6), ("kilobyte", 10**3), ("byte", 1))
    unit, width = next((size for size in sizes if value >= size[1]), sizes[-1])
    part = round(value / width, 0 if value >= 100 * width else 1)
    return units.format_unit(part, f"digital-{unit}", length="short", locale=_locale(language))


def _in_zone(value: datetime, zone: str) -> datetime:
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return value.astimezone(ZoneInfo(zone))


def day(value: date | datetime | None, zone: str = "UTC", language: str = "en") -> str:
    """22 Nov 2026; a moment is first taken to the zone."""
    if value is None:
        return UNKNOWN
    if isinstance(value, datetime):
        value = _in_zone(value, zone).date()
    locale = _locale(language)
    return dates.format_date(value, format=_DAY.get(locale.language, "medium"), locale=locale)


def weekday(value: date | datetime | None, zone: str = "UTC", language: str = "en") -> str:
    """Sunday 22 November, without the year."""
    if value is None:
        return UNKNOWN
    if isinstance(value, datetime):
        value = _in_zone(value, zone).date()
    locale = _locale(language)
    return dates.format_date(value, format=_WEEKDAY.get(locale.language, "EEEE d MMMM"), locale=locale)


def moment(value: datetime | None, zone: str = "UTC", language: str = "en") -> str:
    """22 Nov 2026, 21:00 in the zone."""
    if value is None:
        return UNKNOWN
    locale = _locale(language)
    joined = str(dates.get_datetime_format("medium", locale=locale))
    return joined.replace("'", "").format(clock(value, zone, language), day(value, zone, language))


def clock(value: datetime | None, zone: str = "UTC", language: str = "en") -> str:
    """21:00 in the zone."""
    if value is None:
        return UNKNOWN
    return dates.format_time(
        _in_zone(value, zone), format="short", tzinfo=ZoneInfo(zone), locale=_locale(language)
    )


def city(zone: str, language: str = "en") -> str:
    """The city that a zone is named after, in the language."""
    return dates.get_timezone_location(zone, locale=_locale(language), return_city=True)


def ago(value: datetime | None, now: datetime, language: str = "en") -> str:
    """3 minutes ago, in 2 days; both moments aware."""
    if value is None:
        return UNKNOWN
    distance = value - now
    if abs(distance) < timedelta(seconds=1):
        distance = timedelta(seconds=-1)
    return dates.format_timedelta(distance, add_direction=True, threshold=1.2, locale=_locale(language))


def language_name(code: str, language: str = "") -> str:
    """A language's name, in itself unless another language is given."""
    locale = _locale(code)
    name = locale.get_language_name((language or code).split("-")[0]) or code
    return name[:1].upper() + name[1:]
