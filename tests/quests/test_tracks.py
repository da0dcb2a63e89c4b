"""Recorded activities: the same facts from every format, no harm from any file, and doubts where there is reason."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.quests import tracked
from tifo.kernel.public import Refused
from tifo.quests.rules.tracks import MOST_BYTES, doubts, read_track, reading
from tifo.quests.rules.tracks.measured import apart

RUN = tracked.run()
LATER = tracked.STARTED + timedelta(days=1)


def test_the_three_formats_say_the_same_of_one_run() -> None:
    told = [read_track(data) for data in (tracked.gpx(RUN), tracked.tcx(RUN), tracked.fit(RUN))]
    for track, form in zip(told, ("gpx", "tcx", "fit"), strict=True):
        assert (track.format, track.sport, track.started_at) == (form, "run", tracked.STARTED)
        assert (track.seconds, track.moving_seconds, track.fixes, track.placed) == (1800, 1800, 361, 361)
        assert abs(track.metres - 5404) <= 1
        assert 3.0 < track.fastest < 3.5
        assert (track.jumps, track.backwards) == (0, 0)
        assert doubts(track, "run", received_at=LATER) == ()
    assert len({track.digest for track in told}) == 1
    assert [track.climb for track in told[:2]] == [15, 15]


def test_a_pause_is_not_moving_and_what_lies_between_segments_is_not_covered() -> None:
    first, second = RUN[:180], [(one[0] + 600, *one[1:]) for one in RUN[180:]]
    paused = read_track(tracked.gpx([*first, *second]))
    assert (paused.seconds, paused.moving_seconds) == (2400, 1795)
    apart_by_far = [(one[0] + 600, one[1] + 1, *one[2:]) for one in RUN[180:]]
    cut = (
        tracked.gpx(first).replace(b"</trkseg></trk></gpx>", b"</trkseg><trkseg>")
        + tracked.gpx(apart_by_far).partition(b"<trkseg>")[2]
    )
    assert read_track(cut).metres < read_track(tracked.gpx(RUN)).metres
    assert read_track(cut).jumps == 0


def test_indoors_the_device_counts_and_a_person_looks() -> None:
    metres = [3.0 * second for second, *_ in RUN]
    track = read_track(tracked.fit(RUN, metres=metres, places=False))
    assert (track.metres, track.placed, track.counted_metres) == (5400, 0, 5400)
    assert doubts(track, "run", received_at=LATER) == ("no-places", "too-steady")


@pytest.mark.parametrize(
    ("points", "sport", "told"),
    [
        (tracked.run(speed=7.5), "run", "too-fast"),
        (tracked.run(speed=3.0), "walk", "another-sport"),
        (tracked.run(speed=0.5, minutes=60), "run", "too-slow"),
        (tracked.run(wobble=0.0), "run", "too-steady"),
        ([*RUN[:100], *[(second, north + number % 2, east, height) for number, (second, north, east, height) in enumerate(RUN[100:])]], "run", "jumps"),
        ([*RUN[:100], *reversed(RUN[100:])], "run", "time-goes-back"),
        (tracked.run(minutes=24 * 60 + 1, every=60), "run", "too-long"),
        ([RUN[0], RUN[-1]], "run", "too-few-fixes"),
    ],
)  # fmt: skip
def test_doubts_are_named(points: list[tracked.Point], sport: str, told: str) -> None:
    assert told in doubts(read_track(tracked.gpx(points)), sport, received_at=LATER)


def test_what_is_not_over_yet_and_what_the_device_counts_otherwise_are_doubted() -> None:
    assert doubts(read_track(tracked.gpx(RUN)), "run", received_at=tracked.STARTED) == ("in-the-future",)
    doubled = read_track(tracked.tcx(RUN, metres=[6.0 * second for second, *_ in RUN]))
    assert doubts(doubled, "run", received_at=LATER) == ("counts-disagree",)


BOMB = b'<?xml version="1.0"?><!DOCTYPE gpx [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><gpx><trk><name>&b;</name></trk></gpx>'
FILE = b'<?xml version="1.0"?><!DOCTYPE gpx [<!ENTITY a SYSTEM "file:///etc/passwd">]><gpx><trk><name>&a;</name></trk></gpx>'


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 100,
        b"<html></html>",
        BOMB,
        FILE,
        FILE.decode().encode("utf-16"),
        b"<gpx>" + b"<a>" * 5000,
        b"<?xml version='1.0' encoding='cp037'?><gpx/>" + b"\xff",
        tracked.gpx(RUN).replace(b'lat="48', b'lat="nan'),
        tracked.gpx(RUN).replace(b'lat="48', b'lat="148'),
        tracked.gpx(RUN).replace(b"2026-", b"1926-"),
        tracked.gpx(RUN).replace(b"2026-", b"x"),
        tracked.gpx(RUN)[:-30],
        tracked.gpx(RUN[:1]),
        tracked.tcx(RUN).replace(b"<LongitudeDegrees>2", b"<LongitudeDegrees>two"),
        tracked.fit(RUN)[:-1],
        tracked.fit(RUN)[:500],
        tracked.fit(RUN)[:600] + bytes([tracked.fit(RUN)[600] ^ 1]) + tracked.fit(RUN)[601:],
        tracked.gpx(RUN) + b" " * MOST_BYTES,
        tracked.gpx([(float(second), 48.0, 2.0, 0.0) for second in range(50_001)]),
    ],
    ids=range(20),
)  # fmt: skip
def test_what_can_not_be_read_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(Refused):
        read_track(data)


def test_a_file_of_too_many_elements_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_ELEMENTS", 1000)
    with pytest.raises(Refused):
        read_track(tracked.gpx(RUN))


@given(st.binary(max_size=300), st.integers(0, 400), st.sampled_from([tracked.gpx, tracked.tcx, tracked.fit]))
def test_damaged_files_are_read_or_refused_and_nothing_else(damage: bytes, at: int, form: object) -> None:
    data = form(RUN[:8])  # type: ignore[operator]
    try:
        track = read_track(data[:at] + damage + data[at + len(damage) :])
    except Refused:
        return
    doubts(track, "run", received_at=LATER)
    assert track.metres >= 0
    assert track.seconds >= 0


def test_a_degree_of_latitude_is_111_kilometres() -> None:
    assert round(apart((48.0, 2.0), (49.0, 2.0))) == 111195
    assert round(apart((0.0, 179.5), (0.0, -179.5))) == 111195
