"""Quiet hours in her own zone, the days when clocks are changed among them."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from tifo.delivery.rules.pressure import quiet_until

ZONES = ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu", ""]
MINUTES = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = st.integers(0, 2 * 366 * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes))
SECOND_HALF_PAST_TWO = datetime(2024, 10, 27, 1, 15, tzinfo=UTC)  # 02:15 in Paris, for the second time


@given(hours=st.tuples(MINUTES, MINUTES), zone=st.sampled_from(ZONES), moment=DAYS)
@example(hours=(time(21), time(2, 30)), zone="Europe/Paris", moment=SECOND_HALF_PAST_TWO)
def test_quiet_hours_end_later_than_now_and_within_a_day(
    hours: tuple[time, time], zone: str, moment: datetime
) -> None:
    """W6: no step of a zone's clock gives a wait that is negative or longer than its longest day."""
    until = quiet_until(hours, zone, moment)
    if until is not None:
        assert moment < until <= moment + timedelta(hours=25)


def test_the_hour_that_comes_twice_is_quiet_both_times() -> None:
    """W6: as the clock goes back, the second half past two ends the second quiet time."""
    hours = (time(21), time(2, 30))
    first = SECOND_HALF_PAST_TWO - timedelta(hours=1)
    ends = [quiet_until(hours, "Europe/Paris", moment) for moment in (first, SECOND_HALF_PAST_TWO)]
    assert ends == [first + timedelta(minutes=15), SECOND_HALF_PAST_TWO + timedelta(minutes=15)]
    assert SECOND_HALF_PAST_TWO.astimezone(ZoneInfo("Europe/Paris")).time() == time(2, 15)
