"""The daily check of sendings: who was mailed stood in the frozen audience (S3)."""

from datetime import timedelta

from tifo.campaigns.models import Chunk
from tifo.delivery.public import fans_of_chunk
from tifo.kernel.public import Broken, Refused, archive, clock
from tifo.kernel.public import sentence as _

SHOWN = 5
RECENT = timedelta(days=7)  # a sending lives for a day; its plan never changes


def broken_promises() -> list[Broken]:
    """What does not hold now; empty where all is well."""
    since = clock.now() - RECENT
    strangers, missing, gone = [], [], []
    for chunk in (
        Chunk.objects.filter(entered=True, occurrence__begun_at__gte=since)
        .select_related("occurrence")
        .order_by("pk")
    ):
        where = f"sending {chunk.occurrence_id}, chunk {chunk.number}"
        try:
            planned = set(archive.read(chunk.path, chunk.sha256).column("fan_id").to_pylist())
        except Refused:
            gone.append(where)
            continue
        ledger = fans_of_chunk(chunk.occurrence.mailing_id or 0, chunk.number)
        if ledger - planned:
            strangers.append(where)
        if planned - ledger:
            missing.append(where)
    found = []
    if strangers:
        says = _("Fans were mailed who do not stand in the frozen audience.")
        mend = _("Find out who wrote into the database by hand; cancel these sendings.")
        found.append(Broken("S3", len(strangers), says, mend, tuple(strangers[:SHOWN])))
    if missing:
        says = _("Fans of the frozen audience are missing from the ledger.")
        mend = _("Find out who wrote into the database by hand; put back what it was from a backup.")
        found.append(Broken("M4", len(missing), says, mend, tuple(missing[:SHOWN])))
    if gone:
        says = _("Plans of sendings are missing from the archive, or were changed.")
        mend = _("Put back the archive from a backup.")
        found.append(Broken("S3", len(gone), says, mend, tuple(gone[:SHOWN])))
    return found
