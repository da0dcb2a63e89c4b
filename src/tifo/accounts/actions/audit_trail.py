"""Write the audit trail: in the caller's transaction, numbered without gaps, chained, signed outside."""

import logging
import os
from collections.abc import Mapping

from django.db import connection, transaction

from tifo.accounts.models import AuditEntry, AuditHead
from tifo.accounts.queries import checkpoints
from tifo.accounts.queries.audit_trail import links_after
from tifo.accounts.rules import chain
from tifo.accounts.rules.chain import Checkpoint, detail_text, entry_hash
from tifo.kernel.public import clock, without_addresses

log = logging.getLogger(__name__)


def _locked_head() -> AuditHead:
    head = AuditHead.objects.select_for_update().filter(id=1).first()
    if head is None:
        AuditHead.objects.bulk_create([AuditHead(id=1, hash=chain.START)], ignore_conflicts=True)
        head = AuditHead.objects.select_for_update().get(id=1)
    return head


def audit(actor_id: int | None, act: str, subject: str, detail: Mapping[str, object] | None = None) -> int:
    """Write one entry with the act's own transaction; returns its number.

    `actor_id` is None for what tifo does by itself; `act` reads "campaigns.approve", `subject` "campaign:12".
    Say ids, never addresses: the trail outlives an erasure (an address that slips in is blotted out).
    The head stays locked until the transaction ends, so numbers have no gaps: write it last.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "an audit entry is written in the transaction of its act"
        )
    head = _locked_head()
    previous = bytes(head.hash)
    entry = AuditEntry(
        sequence=head.sequence + 1,
        at=clock.now(),
        actor_id=actor_id,
        act=act[:80],
        subject=without_addresses(subject)[:200],
        detail=without_addresses(detail_text(detail or {})),
        previous=previous,
    )
    entry.hash = entry_hash(
        entry.sequence, entry.at, entry.actor_id, entry.act, entry.subject, entry.detail, previous
    )
    entry.save(force_insert=True)
    head.sequence, head.hash = entry.sequence, entry.hash
    head.save(update_fields=["sequence", "hash"])
    return entry.sequence


def _append_durably(line: str, month: str) -> None:
    path = checkpoints.folder() / f"{month}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, f"{line}\n".encode("ascii"))
        os.fsync(handle)
    finally:
        os.close(handle)
    if new:
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def sign_checkpoint() -> bool:
    """Sign where the trail ends now, if it grew since the last time and what came since is sound.

    A broken chain is never signed over: it is logged, and `verify_audit` says what is wrong.
    """
    last = checkpoints.latest()
    with transaction.atomic():
        head = _locked_head()
        if head.sequence == (last.sequence if last else 0):
            return False
        ending = chain.Ending(last.sequence, last.hash) if last else chain.Ending(0, chain.START)
        problems = chain.problems_of_chain(links_after(ending.sequence), {}, ending)
        problems += chain.problems_of_end(ending, (head.sequence, bytes(head.hash)), {})
        if problems:
            log.error("the audit trail is broken and was not signed: %s", "; ".join(problems))
            return False
        number = max(head.checkpoints, last.number if last else 0) + 1
        moment = clock.now()
        _append_durably(
            checkpoints.sealed(Checkpoint(number, ending.sequence, ending.hash, moment)),
            moment.strftime("%Y-%m"),
        )
        head.checkpoints = number
        head.save(update_fields=["checkpoints"])
    return True
