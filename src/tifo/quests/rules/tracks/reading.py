"""GPX, TCX and FIT files, told apart by what is in them. Whoever sends one may mean harm: everything is bounded, and XML
with a document type or an entity is refused before any other parser sees it."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from math import isfinite
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import fitdecode
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse
from gpxpy.gpx import GPXException
from gpxpy.parser import GPXParser

from tifo.kernel.public import Refused
from tifo.kernel.public import sentence as _
from tifo.quests.rules.tracks.measured import Fix, Track, measured

MOST_BYTES = 20_000_000
MOST_FIXES = 50_000  # fourteen hours, a fix each second
MOST_ELEMENTS = 500_000
DEEPEST = 20
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
SEMICIRCLE = 180 / 2**31
SPORTS = {
    "walk": "walk walking hiking hike marche randonnée 10",
    "run": "run running trail_running treadmill course 9",
    "ride": "ride biking cycling bike vélo velo mountain_biking 1",
    "swim": "swim swimming natation open_water 16",
}
_SPORT = {word: sport for sport, words in SPORTS.items() for word in words.split()}


def read_track(data: bytes) -> Track:
    """The facts of a recorded activity; `Refused` says what is wrong with the file."""
    if len(data) > MOST_BYTES:
        raise Refused(_("The file is larger than %(most)s MB.", most=MOST_BYTES // 1_000_000))
    if data[8:12] == b".FIT":
        segments, sport, format_ = *_fit(data), "fit"
    else:
        segments, sport, format_ = _xml(data)
    whole = [segment for segment in segments if segment]
    if sum(map(len, whole)) < 2:
        raise Refused(_("The file holds no recorded track: at least two points with a time are needed."))
    return measured(whole, format=format_, sport=sport)


def _fix(at: datetime, place: tuple[Any, Any] | None, height: Any, metres: Any) -> Fix:
    """A fix whose numbers are numbers and lie where they can."""
    when = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    if not EARLIEST <= when <= LATEST:
        raise Refused(_("A point's time lies before 2000 or after 2100."))
    found = None
    if place is not None:
        north, east = float(place[0]), float(place[1])
        if not (abs(north) <= 90 and abs(east) <= 180):
            raise Refused(_("A point's place is not on the earth."))
        found = north, east
    return Fix(when, found, _number(height, 20_000), _number(metres, 10_000_000))


def _number(value: Any, most: float) -> float | None:
    number = None if value is None else float(value)
    return number if number is not None and isfinite(number) and abs(number) <= most else None


def _bounded(fixes: int) -> None:
    if fixes > MOST_FIXES:
        raise Refused(_("The track has more than %(most)s points.", most=MOST_FIXES))


def _xml(data: bytes) -> tuple[list[list[Fix]], str | None, str]:
    unreadable = Refused(_("This is not a GPX, TCX or FIT file that can be read."))
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        kind = _walked(text)
        if kind == "gpx":
            return *_gpx(text), "gpx"
        if kind == "TrainingCenterDatabase":
            return *_tcx(text), "tcx"
    except (
        DefusedXmlException,
        ParseError,
        GPXException,
        ValueError,
        TypeError,
        RecursionError,
        LookupError,
    ):
        raise unreadable from None
    raise unreadable


def _parsed(text: str) -> Iterator[tuple[str, Element]]:
    yield from iterparse(io.BytesIO(text.encode()), ("start", "end"), forbid_dtd=True)


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _walked(text: str) -> str:
    """The root's name, once the whole file was seen to be harmless: no document type, not deep, not too much of it."""
    inside: list[Element] = []
    fixes, elements, kind = 0, 0, ""
    for event, element in _parsed(text):
        if event == "end":
            inside.pop()
            if inside:
                inside[-1].clear()  # what is past takes no memory
            continue
        inside.append(element)
        elements += 1
        kind = kind or _name(element)
        fixes += _name(element) in ("trkpt", "rtept", "wpt", "Trackpoint")
        _bounded(fixes)
        if len(inside) > DEEPEST or elements > MOST_ELEMENTS:
            raise ValueError("too deep or too much")
    return kind


def _gpx(text: str) -> tuple[list[list[Fix]], str | None]:
    found = GPXParser(_undeclared(text)).parse()
    segments = [
        [
            _fix(point.time, (point.latitude, point.longitude), point.elevation, None)
            for point in segment.points
            if point.time is not None
        ]
        for track in found.tracks
        for segment in track.segments
    ]
    named = next((track.type for track in found.tracks if track.type), None)
    return segments, _sport(named)


def _undeclared(text: str) -> str:
    """Without `<?xml … encoding=…?>`: what was walked and what is parsed are the same characters."""
    text = text.lstrip()
    return text.partition("?>")[2] if text.startswith("<?xml") else text


def _tcx(text: str) -> tuple[list[list[Fix]], str | None]:
    segments: list[list[Fix]] = []
    sport: str | None = None
    for event, element in _parsed(_undeclared(text)):
        name = _name(element)
        if event == "start":
            if name == "Activity":
                sport = sport or element.get("Sport")
            elif name == "Track":
                segments.append([])
        elif name == "Trackpoint":
            told = {_name(one): (one.text or "").strip() for one in element.iter()}
            if told.get("Time") and segments:
                place = (
                    (told["LatitudeDegrees"], told["LongitudeDegrees"]) if "LatitudeDegrees" in told else None
                )
                at = datetime.fromisoformat(told["Time"])
                segments[-1].append(
                    _fix(at, place, told.get("AltitudeMeters") or None, told.get("DistanceMeters") or None)
                )
            element.clear()
    return segments, _sport(sport)


def _fit(data: bytes) -> tuple[list[list[Fix]], str | None]:
    segment: list[Fix] = []
    sport: str | None = None
    try:
        with fitdecode.FitReader(
            io.BytesIO(data), check_crc=fitdecode.CrcCheck.RAISE, error_handling=fitdecode.ErrorHandling.RAISE
        ) as frames:
            for frame in frames:
                if frame.frame_type != fitdecode.FIT_FRAME_DATA:
                    continue
                if frame.name == "sport" or (frame.name == "session" and sport is None):
                    sport = frame.get_value("sport", fallback=None)
                elif frame.name == "record":
                    segment.append(_record(frame))
                    _bounded(len(segment))
    except Refused:
        raise
    except Exception:
        raise Refused(_("This is not a GPX, TCX or FIT file that can be read.")) from None
    return [segment], _sport(sport)


def _record(frame: Any) -> Fix:
    def value(*names: str) -> Any:
        return next(
            (found for name in names if (found := frame.get_value(name, fallback=None)) is not None), None
        )

    north, east = value("position_lat"), value("position_long")
    place = None if north is None or east is None else (north * SEMICIRCLE, east * SEMICIRCLE)
    return _fix(value("timestamp"), place, value("enhanced_altitude", "altitude"), value("distance"))


def _sport(named: object) -> str | None:
    if not named:
        return None
    return _SPORT.get(str(named).strip().lower(), "other")
