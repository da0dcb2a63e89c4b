"""Bringing stored scores up to date from evidence, set-based."""

from datetime import datetime

from django.db import connection

from tifo.kernel.public import clock, revisions
from tifo.preferences.rules import fading

# PostgreSQL refuses e^(−x) where it would underflow; beyond 700 the score is 1 anyhow.
LEARNT = "(1 - EXP(-(CASE WHEN {mass} * %s > 700 THEN 700 ELSE {mass} * %s END)))"


def weigh(pairs: str) -> None:
    """Add up anew the evidence of the fans and topics in the temporary table `pairs` (fan_id, topic_id)."""
    factor, rev = fading(clock.now()), revisions.current()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO preferences_preference (fan_id, topic_id, declared_source, mass, score, rev) "
            "SELECT p.fan_id, p.topic_id, '', COALESCE(SUM(e.mass), 0), 0, CAST(%s AS BIGINT) "
            f"FROM {pairs} p LEFT JOIN preferences_evidence e "
            "ON e.fan_id = p.fan_id AND e.topic_id = p.topic_id AND NOT e.forgotten "
            "WHERE true GROUP BY p.fan_id, p.topic_id "
            "ON CONFLICT (fan_id, topic_id) DO UPDATE SET mass = excluded.mass, rev = excluded.rev",
            [rev],
        )
        cursor.execute(
            f"UPDATE preferences_preference SET score = {LEARNT.format(mass='mass')} "
            "WHERE rev = %s AND declared IS NULL AND EXISTS (SELECT 1 FROM "
            f"{pairs} p WHERE p.fan_id = preferences_preference.fan_id "
            "AND p.topic_id = preferences_preference.topic_id)",
            [factor, factor, rev],
        )


def fade_range(first: int, last: int, moment: datetime, noticeable: float) -> int:
    """Fade the learnt scores of rows with first < id <= last; how many moved by as much as `noticeable`."""
    factor, rev = fading(moment), revisions.current()
    fresh = LEARNT.format(mass="mass")
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE preferences_preference SET score = {fresh}, rev = %s "
            "WHERE id > %s AND id <= %s AND declared IS NULL AND mass > 0 "
            f"AND ABS({fresh} - score) >= %s",
            [factor, factor, rev, first, last, factor, factor, noticeable],
        )
        return int(cursor.rowcount)
