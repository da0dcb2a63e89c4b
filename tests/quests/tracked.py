"""Recorded activities written as GPX, TCX and FIT files, for tests."""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import cos, radians, sin

from fitdecode.utils import compute_crc

STARTED = datetime(2026, 5, 2, 7, 30, tzinfo=UTC)
FIT_EPOCH = datetime(1989, 12, 31, tzinfo=UTC)
Point = tuple[float, float, float, float]  # seconds, degrees north, degrees east, height


def run(minutes: int = 30, speed: float = 3.0, every: int = 5, wobble: float = 0.15) -> list[Point]:
    """Eastwards along a parallel; its speed goes up and down as people's does."""
    points, metres = [], 0.0
    for second in range(0, minutes * 60 + 1, every):
        metres += every * speed * (1 + wobble * sin(second / 47)) if second else 0
        points.append(
            (
                float(second),
                48.85,
                2.35 + metres / (111_195 * cos(radians(48.85))),
                40 + 10 * sin(second / 300),
            )
        )
    return points


def moment(second: float) -> str:
    return (STARTED + timedelta(seconds=second)).isoformat().replace("+00:00", "Z")


def gpx(points: Sequence[Point], sport: str = "running") -> bytes:
    body = "".join(
        f'<trkpt lat="{north:.7f}" lon="{east:.7f}"><ele>{height:.1f}</ele><time>{moment(second)}</time></trkpt>'
        for second, north, east, height in points
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="made" xmlns="http://www.topografix.com/GPX/1/1">'
    return f"{head}<trk><name>Mine</name><type>{sport}</type><trkseg>{body}</trkseg></trk></gpx>".encode()


def tcx(points: Sequence[Point], sport: str = "Running", metres: Sequence[float] = ()) -> bytes:
    body = "".join(
        f"<Trackpoint><Time>{moment(second)}</Time><Position><LatitudeDegrees>{north:.7f}</LatitudeDegrees>"
        f"<LongitudeDegrees>{east:.7f}</LongitudeDegrees></Position><AltitudeMeters>{height:.1f}</AltitudeMeters>"
        + (f"<DistanceMeters>{metres[number]:.1f}</DistanceMeters>" if metres else "")
        + "</Trackpoint>"
        for number, (second, north, east, height) in enumerate(points)
    )
    head = '<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"><Activities>'
    return f'{head}<Activity Sport="{sport}"><Lap><Track>{body}</Track></Lap></Activity></Activities></TrainingCenterDatabase>'.encode()


def fit(points: Sequence[Point], sport: int = 1, metres: Sequence[float] = (), places: bool = True) -> bytes:
    """A FIT file byte by byte: header, two definitions, the sport, the records, the check sums."""
    began = int((STARTED - FIT_EPOCH).total_seconds())
    # global message 12 (sport): field 0 enum; global message 20 (record): timestamp, lat, long, distance
    body = struct.pack("<BBBHB", 0x40, 0, 0, 12, 1) + bytes([0, 1, 0x00])
    body += struct.pack("<BB", 0x00, sport)
    fields = [(253, 4, 0x86), (0, 4, 0x85), (1, 4, 0x85), (5, 4, 0x86)]
    body += struct.pack("<BBBHB", 0x41, 0, 0, 20, len(fields)) + b"".join(bytes(field) for field in fields)
    for number, (second, north, east, _) in enumerate(points):
        lat, long = (round(one * 2**31 / 180) if places else 0x7FFFFFFF for one in (north, east))
        counted = round(metres[number] * 100) if metres else 0xFFFFFFFF
        body += struct.pack("<BIiiI", 0x01, began + int(second), lat, long, counted)
    head = struct.pack("<BBHI4s", 14, 0x20, 2132, len(body), b".FIT")
    head += struct.pack("<H", compute_crc(head))
    return head + body + struct.pack("<H", compute_crc(head + body))
