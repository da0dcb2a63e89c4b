"""The order of an offer that is not drawn: by what she has, or by what a jury says."""

from collections.abc import Mapping
from fractions import Fraction

from django.db import connection, transaction

from tifo.accounts.public import audit
from tifo.kernel.public import Refused, clock
from tifo.kernel.public import sentence as _
from tifo.rewards.actions.awarding import offer_winners
from tifo.rewards.actions.log import append
from tifo.rewards.actions.offers import locked
from tifo.rewards.actions.stock import hold_all
from tifo.rewards.models import Entry, Offer, Reading
from tifo.rewards.queries import definition_of
from tifo.rewards.queries.sql import fact
from tifo.rewards.types import OfferDefinition, State

BEST_MARK = 10
READERS = 2
"""Who must have read an answer before it is ranked."""


def read_answer(entry_id: int, reader_id: int, marks: Mapping[str, int]) -> None:
    """A reader of the jury marks an answer, each criterion from 0 to 10; until the order is fixed she may mark anew."""
    with transaction.atomic():
        entry = Entry.objects.filter(pk=entry_id, leaf_index__isnull=False).select_related("offer").first()
        if entry is None or entry.offer.method != "jury":
            raise Refused(_("there is no such answer to read"))
        row = locked(entry.offer.name)
        if row.state != State.FROZEN:
            raise Refused(_("answers are read between the freeze and the order"))
        criteria = definition_of(row).criteria
        if marks.keys() != set(criteria) or not all(0 <= mark <= BEST_MARK for mark in marks.values()):
            raise Refused(_("give a mark from 0 to %(best)s for each criterion", best=BEST_MARK))
        said = {"marks": dict(marks), "total": sum(marks.values()), "at": clock.now()}
        Reading.objects.update_or_create(entry=entry, reader_id=reader_id, defaults=said)
        audit(reader_id, "rewards.read", f"offer:{row.name}", {"entry": entry_id, "marks": dict(marks)})


def rank(name: str, *, actor_id: int | None = None) -> None:
    """Fix the order of a frozen ranking or jury, and offer its places. Again does nothing."""
    with transaction.atomic():
        row = locked(name)
        if row.state in (State.DRAWN, State.CLOSED):
            return
        if row.state != State.FROZEN or row.method not in ("ranking", "jury"):
            raise Refused(_("“%(name)s” is not frozen: freeze it first", name=name))
        offer = definition_of(row)
        hold_all([row.pk])
        if row.method == "ranking":
            _by_fact(row, offer.inputs[0].key)
        else:
            _by_jury(row, offer)
        row.state = State.DRAWN
        row.save(update_fields=["state"])
        append("note", name, {"text": f"{row.frozen_entries} entries ordered by {row.method}"})
        offer_winners(row, offer)
        audit(actor_id, "rewards.rank", f"offer:{name}")


def _by_fact(row: Offer, key: str) -> None:
    """The most first; of equals, who entered first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE rewards_entry SET rank = r.place FROM (SELECT id, row_number() OVER (PARTITION BY stratum "
            f"ORDER BY {fact(key)} DESC, entered_at, id) AS place FROM rewards_entry "
            "WHERE offer_id = %s AND leaf_index IS NOT NULL) r WHERE rewards_entry.id = r.id",
            [row.pk],
        )


def _by_jury(row: Offer, offer: OfferDefinition) -> None:
    """The best mean of all readers first; of equals, the best in the first criterion, then in the next, then who
    entered first."""
    entries = list(Entry.objects.filter(offer=row, leaf_index__isnull=False))
    read: dict[int, list[Reading]] = {entry.pk: [] for entry in entries}
    for reading in Reading.objects.filter(entry__offer=row):
        read[reading.entry_id].append(reading)
    if missing := sum(len(readings) < READERS for readings in read.values()):
        raise Refused(_("%(missing)s answers have fewer than two readers", missing=missing))

    def merit(entry: Entry) -> tuple[object, ...]:
        hers = read[entry.pk]
        means = [Fraction(sum(one.marks[key] for one in hers), len(hers)) for key in offer.criteria]
        return (-sum(means), *(-mean for mean in means), entry.entered_at, entry.pk)

    for stratum in offer.strata:
        part = sorted((entry for entry in entries if entry.stratum == stratum.key), key=merit)
        for place, entry in enumerate(part, 1):
            entry.rank = place
    Entry.objects.bulk_update(entries, ["rank"], batch_size=500)
