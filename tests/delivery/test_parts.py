"""The sums of a mailing's parts: kept when nothing moves any more, and never wrong (M12)."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.delivery.world import Recorder, entered, fan, fans, newsletter, woven
from tifo.delivery.models import Message, Part
from tifo.delivery.public import (
    Outcome,
    Verdict,
    claim,
    counts,
    cross,
    next_due,
    settle,
    sum_up,
    tend_mailings,
)

pytestmark = pytest.mark.django_db


def kept(mailing: int) -> list[list[list[object]] | None]:
    sums = Part.objects.filter(mailing_id=mailing).order_by("chunk").values_list("sums", flat=True)
    return [None if one is None else json.loads(one) for one in sums]


def sent_with_a_doubt() -> tuple[int, int]:
    """A mailing of two parts: the first at rest with a message in doubt, the second still to go; the one in doubt."""
    mailing = newsletter()
    one, two, nowhere = fan(1), fan(2), fan(3, email=None, external_id="A3")
    entered(mailing, [one, two, nowhere])
    entered(mailing, [fan(4)], chunk=1)
    window = claim(mailing, 0, owner="a")
    in_doubt = window[0].message_id
    outcomes = {in_doubt: Outcome(Verdict.UNKNOWN, "body")}
    cross(
        mailing,
        woven(window),
        Recorder(lambda one: outcomes.get(one.key, Outcome(Verdict.ACCEPTED, "body", 250))),
    )
    return mailing, in_doubt


def test_a_part_at_rest_keeps_its_sums_and_one_that_moves_does_not() -> None:
    mailing, _ = sent_with_a_doubt()
    before = counts(mailing)
    assert sum_up(mailing) == 1
    assert kept(mailing) == [[["accepted", "", 1], ["suppressed", "no_address", 1], ["unknown", "", 1]], None]
    assert counts(mailing) == before
    assert (before.prepared, before.accepted, before.unknown, before.planned) == (4, 1, 1, 1)
    assert sum_up(mailing) == 0


def test_what_leaves_unknown_later_is_counted_where_it_went() -> None:
    mailing, in_doubt = sent_with_a_doubt()
    sum_up(mailing)
    settle(in_doubt, "refused", "a bounce")
    assert kept(mailing) == [None, None]
    assert (counts(mailing).refused, counts(mailing).unknown) == (1, 0)
    assert tend_mailings() == 0
    assert kept(mailing) == [[["accepted", "", 1], ["refused", "", 1], ["suppressed", "no_address", 1]], None]
    assert (counts(mailing).refused, counts(mailing).unknown, counts(mailing).prepared) == (1, 0, 4)


def test_it_is_one_reading_of_one_moment() -> None:
    """M12: a part that is summed between two readings would be counted twice, or not at all."""
    mailing, _ = sent_with_a_doubt()
    sum_up(mailing)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        counts(mailing)
    assert len(asked) == 1


@pytest.mark.skipif(connection.vendor != "sqlite", reason="how SQLite finds the rows")
def test_what_moves_is_found_without_looking_at_what_rests() -> None:
    mailing = newsletter()
    entered(mailing, fans(3))
    with CaptureQueriesContext(connection) as asked:
        claim(mailing, 0, owner="a")
        next_due(mailing)
        next_due(mailing, 0)
        tend_mailings()
    moving = [one["sql"] for one in asked if "'planned', 'claimed', 'committing'" in one["sql"]]
    assert len(moving) == 8
    for statement in moving:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}".replace("%", "%%"))
            plan = [row[3] for row in cursor.fetchall()]
        searched = [line for line in plan if "delivery_message " in line + " "]
        assert all("delivery_message_open" in line or "PRIMARY KEY" in line for line in searched), plan
    assert Message.objects.count() == 3
