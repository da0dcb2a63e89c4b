"""The audit trail: search it, and hold it against what was signed."""

from collections.abc import Iterator

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from tifo.accounts.models import AuditEntry, AuditHead
from tifo.accounts.queries import checkpoints
from tifo.accounts.queries.people import names_of
from tifo.accounts.rules import chain
from tifo.accounts.types import AuditEntryValue


def _matching(text: str, act: str, actor_id: int | None) -> QuerySet[AuditEntry]:
    rows = AuditEntry.objects.order_by("-sequence")
    if act:
        rows = rows.filter(act=act)
    if actor_id is not None:
        rows = rows.filter(actor_id=actor_id)
    if text:
        where = Q(subject__icontains=text) | Q(act__icontains=text) | Q(detail__icontains=text)
        if text.isdigit() and len(text) < 19:
            where |= Q(sequence=int(text))
        rows = rows.filter(where)
    return rows


def audit_entries(
    *, text: str = "", act: str = "", actor_id: int | None = None, limit: int = 50, offset: int = 0
) -> list[AuditEntryValue]:
    """Entries whose act, subject, detail or number has `text`, the newest first."""
    rows = list(_matching(text, act, actor_id)[offset : offset + limit])
    names = names_of({row.actor_id for row in rows if row.actor_id is not None})
    return [
        AuditEntryValue(
            sequence=row.sequence,
            at=row.at,
            actor_id=row.actor_id,
            actor="" if row.actor_id is None else names.get(row.actor_id, f"#{row.actor_id}"),
            act=row.act,
            subject=row.subject,
            detail=row.detail,
            words=chain.detail_words(row.detail),
            hash=bytes(row.hash).hex(),
        )
        for row in rows
    ]


def audit_count(*, text: str = "", act: str = "", actor_id: int | None = None) -> int:
    """How many entries match."""
    return _matching(text, act, actor_id).count()


class AuditPages:
    """Matching entries as a sequence that a paginator can cut."""

    def __init__(self, *, text: str = "", act: str = "") -> None:
        self.text, self.act = text, act

    def __len__(self) -> int:
        return audit_count(text=self.text, act=self.act)

    def __getitem__(self, wanted: slice) -> list[AuditEntryValue]:
        start, stop = wanted.start or 0, wanted.stop
        return audit_entries(text=self.text, act=self.act, offset=start, limit=stop - start)


def latest_checkpoint() -> chain.Checkpoint | None:
    """The last thing that was signed."""
    return checkpoints.latest()


def audit_acts() -> list[str]:
    """Every kind of act that occurs."""
    return list(AuditEntry.objects.order_by("act").values_list("act", flat=True).distinct())


def links_after(sequence: int) -> Iterator[chain.Link]:
    """The chain behind `sequence`, read in pieces."""
    for row in AuditEntry.objects.filter(sequence__gt=sequence).order_by("sequence").iterator(2000):
        yield chain.Link(
            row.sequence,
            row.at,
            row.actor_id,
            row.act,
            row.subject,
            row.detail,
            bytes(row.previous),
            bytes(row.hash),
        )


def verify_audit() -> list[str]:
    """What is wrong with the trail, in sentences; empty when every entry is as it was written and signed."""
    problems, numbers, signed = [], [], {}
    for place, checkpoint in checkpoints.stored():
        if checkpoint is None:
            problems.append(f"checkpoints/{place}: not signed by this installation")
        else:
            numbers.append(checkpoint.number)
            signed[checkpoint.sequence] = checkpoint.hash
    with transaction.atomic():
        if connection.vendor == "postgresql" and len(connection.savepoint_ids) == 0:
            with connection.cursor() as cursor:  # head and entries as of one moment
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        head = AuditHead.objects.filter(id=1).first()
        ending = chain.Ending(0, chain.START)
        problems += chain.problems_of_chain(links_after(0), signed, ending)
    problems += chain.problems_of_end(ending, (head.sequence, bytes(head.hash)) if head else None, signed)
    problems += chain.problems_of_checkpoints(numbers, head.checkpoints if head else 0)
    return problems
