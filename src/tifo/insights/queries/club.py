"""The club: who is in it, what its members like and what they agreed to."""

from datetime import timedelta

from tifo.insights.types import Club
from tifo.kernel.public import clock
from tifo.lake.public import Reader, current_generation, looking

LIKES = 0.5  # a score from here on is a taste, as in the audiences `likes("judo") >= 0.5`
TOPICS_SHOWN = 10

_SUMS = """
    SELECT count(*) AS members, count(*) FILTER (member_since >= $week) AS members_new,
           count(*) FILTER (fan_id IN (
               SELECT t.fan_id FROM ticket t WHERE t.status <> 'cancelled' AND t.fan_id IS NOT NULL
           )) AS holders
    FROM fan WHERE member_since IS NOT NULL AND NOT erased
"""
_LANGUAGES = """
    SELECT coalesce(language, '') AS name, count(*) AS members
    FROM fan WHERE member_since IS NOT NULL AND NOT erased GROUP BY 1 ORDER BY 2 DESC, 1
"""
_TOPICS = f"""
    SELECT topic AS name, count(*) AS members FROM preference p JOIN fan USING (fan_id)
    WHERE member_since IS NOT NULL AND NOT erased AND p.score >= {LIKES}
    GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {TOPICS_SHOWN}
"""
_PURPOSES = """
    SELECT purpose AS name, count(*) AS members FROM consent c JOIN fan USING (fan_id)
    WHERE member_since IS NOT NULL AND NOT erased AND c.state = 'given' GROUP BY 1 ORDER BY 2 DESC, 1
"""


def _counts(reader: Reader, statement: str) -> dict[str, int]:
    return {row["name"]: int(row["members"]) for row in reader.sql(statement, {}).to_pylist()}


def club() -> Club:
    """Figures over all members, true as of the lake's moment."""
    if current_generation() is None:
        return Club(0, 0, 0, {}, {}, {}, None)
    week = (clock.this_minute() - timedelta(days=7)).replace(tzinfo=None)
    with looking() as reader:
        (sums,) = reader.sql(_SUMS, {"week": week}).to_pylist()
        return Club(
            members=int(sums["members"]),
            members_this_week=int(sums["members_new"]),
            ticket_holders=int(sums["holders"]),
            by_language=_counts(reader, _LANGUAGES),
            by_topic=_counts(reader, _TOPICS),
            by_purpose=_counts(reader, _PURPOSES),
            as_of=reader.as_of,
        )
