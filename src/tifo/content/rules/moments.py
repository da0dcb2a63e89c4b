"""When a session is, as people of the fan's language write it, in the venue's zone."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from babel.dates import format_date, format_time, get_datetime_format, get_timezone, get_timezone_location

from tifo.content.rules.wording import locale_of, wording


@dataclass(frozen=True, slots=True)
class Written:
    """A session's moments in words. Empty where not known."""

    starts_at: str
    ends_at: str
    time: str
    date: str
    around: str
    """Until when, and whose time it is."""


@lru_cache(maxsize=16_384)
def written(starts_at: datetime, ends_at: datetime | None, timezone: str, language: str) -> Written:
    """Both moments (aware) in the zone; cached, as thousands hold the same session."""
    locale, words = locale_of(language), wording(language)
    zone = get_timezone(timezone)
    start = starts_at.astimezone(zone)
    date, time = format_date(start, "full", locale), format_time(start, "short", locale=locale)
    joined = str(get_datetime_format("full", locale=locale))
    ends, around = "", []
    if ends_at is not None:
        end = ends_at.astimezone(zone)
        end_time = format_time(end, "short", locale=locale)
        ends = joined.replace("'", "").format(end_time, format_date(end, "full", locale))
        around.append(words["until"] % {"time": end_time})
    city = get_timezone_location(zone, locale=locale, return_city=True)
    around.append(words["city"] % {"city": city})
    return Written(joined.replace("'", "").format(time, date), ends, time, date, " · ".join(around))
