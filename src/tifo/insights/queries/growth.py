"""How the base grew, by source."""

from datetime import date, datetime, timedelta
from itertools import accumulate

from tifo.insights.types import Growth
from tifo.kernel.public import clock
from tifo.lake.public import current_generation, looking


def growth(months: int = 14) -> Growth:
    """How the base and the club grew, by source."""
    today = clock.this_minute().date()
    if current_generation() is None:
        return Growth((), {}, 0, 0, 0, 0, None)
    first = _months_before(today, months - 1)
    with looking() as reader:
        sums = reader.sql(
            """
            SELECT count(*) AS fans, count(*) FILTER (joined_at >= $week) AS fans_new,
                   count(*) FILTER (member_since IS NOT NULL) AS members,
                   count(*) FILTER (member_since >= $week) AS members_new
            FROM fan WHERE NOT erased
            """,
            {"week": (clock.this_minute() - timedelta(days=7)).replace(tzinfo=None)},
        ).to_pylist()[0]
        rows = reader.sql(
            """
            SELECT CAST(date_trunc('month', greatest(joined_at, $first)) AS DATE) AS month, source,
                   count(*) FILTER (joined_at < $first) AS before, count(*) FILTER (joined_at >= $first) AS fans
            FROM fan WHERE NOT erased GROUP BY 1, 2 ORDER BY 1, 2
            """,
            {"first": datetime(first.year, first.month, 1)},  # noqa: DTZ001  the lake's moments are UTC
        ).to_pylist()
        as_of = reader.as_of
    spans = tuple(_months_before(today, months - 1 - n) for n in range(months))
    arrived: dict[str, list[int]] = {}
    before: dict[str, int] = {}
    for row in rows:
        source = row["source"] or ""
        line = arrived.setdefault(source, [0] * months)
        if row["month"] in spans:  # a moment of joining may lie ahead where an import said so
            line[spans.index(row["month"])] += int(row["fans"])
        before[source] = before.get(source, 0) + int(row["before"])
    totals = {source: tuple(accumulate(line, initial=before[source]))[1:] for source, line in arrived.items()}
    return Growth(
        spans,
        dict(sorted(totals.items(), key=lambda item: -item[1][-1])),
        int(sums["fans"]),
        int(sums["fans_new"]),
        int(sums["members"]),
        int(sums["members_new"]),
        as_of,
    )


def _months_before(day: date, count: int) -> date:
    number = day.year * 12 + day.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)
