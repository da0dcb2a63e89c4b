"""Once a day every learnt score fades, a stretch of rows at a time, so that no write waits long for it."""

from datetime import timedelta

import pyarrow as pa
from django.db import connection, transaction
from django.db.models import Max

from tifo.kernel.public import bulk, clock
from tifo.preferences.actions.weighing import fade_range, weigh
from tifo.preferences.models import Fading, Preference
from tifo.preferences.rules import KEPT_DAYS, NOTICEABLE

STRETCH = 20_000  # rows: a write that is wanted meanwhile waits a fraction of a second


def fade() -> bool:
    """Do the next stretch of today's fading; whether there is more to do."""
    moment = clock.now()
    if Fading.objects.filter(id=1, day=moment.date(), done=True).exists():
        return False
    with transaction.atomic():
        Fading.objects.get_or_create(id=1)
        place = Fading.objects.select_for_update().get(id=1)
        if place.day != moment.date():
            place.day, place.upto, place.done = moment.date(), 0, False
        if place.done:
            return False
        last = Preference.objects.aggregate(last=Max("id"))["last"] or 0
        if place.upto < last:
            fade_range(place.upto, place.upto + STRETCH, moment, NOTICEABLE)
            place.upto += STRETCH
        elif not _drop_old():
            place.done = True
        place.save()
        return not place.done


def _drop_old() -> bool:
    """Delete a stretch of evidence that has faded away; whether there was any."""
    old = bulk.read(
        "SELECT id, fan_id, topic_id FROM preferences_evidence WHERE at < %s ORDER BY at LIMIT %s",
        [clock.now() - timedelta(days=KEPT_DAYS), STRETCH],
        schema=pa.schema([("id", pa.int64()), ("fan_id", pa.int64()), ("topic_id", pa.int64())]),
    )
    if not old.num_rows:
        return False
    touched = old.select(["fan_id", "topic_id"]).group_by(["fan_id", "topic_id"]).aggregate([])
    with (
        bulk.temp_table("preferences_old", old.select(["id"])) as gone,
        bulk.temp_table("preferences_touched", touched) as pairs,
        connection.cursor() as cursor,
    ):
        cursor.execute(f"DELETE FROM preferences_evidence WHERE id IN (SELECT id FROM {gone})")
        weigh(pairs)
    return True
