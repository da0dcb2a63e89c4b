"""Reading purposes, notices, states and ledgers."""

from collections.abc import Collection, Iterable

from django.db import connection, transaction

from tifo.consents import rules
from tifo.consents.models import Entry as EntryRow
from tifo.consents.models import Head
from tifo.consents.models import Notice as NoticeRow
from tifo.consents.models import Purpose as PurposeRow
from tifo.consents.types import Answer, ConsentState, Entry, Notice, Purpose
from tifo.kernel.public import Refused, bulk
from tifo.kernel.public import sentence as _


def purposes() -> list[Purpose]:
    """Every purpose, in the order they are shown."""
    return [
        Purpose(row.key, row.legal_class, row.names, row.descriptions, row.double_opt_in)
        for row in PurposeRow.objects.order_by("position", "key")
    ]


def purpose_keys() -> list[str]:
    """Their keys."""
    return list(PurposeRow.objects.order_by("position", "key").values_list("key", flat=True))


def check_purpose(*keys: str) -> None:
    """Refused where one of these is no purpose."""
    known = purpose_keys()
    for key in keys:
        if key not in known:
            raise Refused(_("“%(key)s” is no purpose; there are %(known)s", key=key, known=", ".join(known)))


def _notice(row: NoticeRow) -> Notice:
    return Notice(row.id, row.purpose_id, row.version, row.language, row.text, row.hash, row.published_at)


def notice(purpose: str, language: str) -> Notice:
    """The wording in force, in this language, else in its base language, else in English."""
    check_purpose(purpose)
    latest = NoticeRow.objects.filter(purpose=purpose).order_by("-version").first()
    if latest is None:
        raise Refused(_("the purpose %(purpose)s has no notice yet", purpose=purpose))
    texts = {row.language: row for row in NoticeRow.objects.filter(purpose=purpose, version=latest.version)}
    for wanted in (language, language.split("-", maxsplit=1)[0], "en", latest.language):
        if wanted in texts:
            return _notice(texts[wanted])
    raise AssertionError("the latest notice is among the latest notices")


def notices(purpose: str) -> list[Notice]:
    """Every wording that ever was in force, the newest first."""
    return [
        _notice(row) for row in NoticeRow.objects.filter(purpose=purpose).order_by("-version", "language")
    ]


def notices_by_id(ids: Collection[int]) -> dict[int, Notice]:
    """Wordings by the ids that ledger entries name."""
    return {row.id: _notice(row) for row in NoticeRow.objects.filter(id__in=list(ids))}


def consent_states(fan_id: int) -> list[ConsentState]:
    """Where she stands with each purpose that she was ever asked about."""
    order = {key: place for place, key in enumerate(purpose_keys())}
    heads = Head.objects.filter(fan_id=fan_id).exclude(state="none")
    return sorted(
        (ConsentState(row.purpose, row.state, row.version, row.moment) for row in heads),  # type: ignore[arg-type]
        key=lambda state: order.get(state.purpose, len(order)),
    )


def consents_of(fan_id: int) -> frozenset[str]:
    """The purposes she says yes to."""
    return frozenset(Head.objects.filter(fan_id=fan_id, state="given").values_list("purpose", flat=True))


def ledger(fan_id: int) -> list[Entry]:
    """Every answer of hers with its proof, in the order they were written."""
    return [
        Entry(
            id=row.id,
            fan_id=row.fan_id,
            purpose=row.purpose,
            version=row.version,
            act=row.act,  # type: ignore[arg-type]
            moment=row.moment,
            recorded_at=row.recorded_at,
            source=row.source,
            notice_id=row.notice_id,
            proof=rules.opened_proof(row.proof),
            blanked_at=row.blanked_at,
            hash=bytes(row.hash).hex(),
        )
        for row in EntryRow.objects.filter(fan_id=fan_id).order_by("id")
    ]


def _read_heads(fan_ids: Iterable[int], purpose: str, lock: str) -> dict[int, Answer]:
    condition, wanted = bulk.among("fan_id", fan_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT fan_id, state, version FROM consents_head WHERE {condition} AND purpose = %s "
            f"AND state <> 'none' ORDER BY fan_id{lock}",
            [wanted, purpose],
        )
        return {fan_id: Answer(state, version) for fan_id, state, version in cursor.fetchall()}


def heads(fan_ids: Iterable[int], purpose: str) -> dict[int, Answer]:
    """The last answer of those who were ever asked, ordered by fan."""
    return _read_heads(fan_ids, purpose, "")


def lock_heads(fan_ids: Iterable[int], purpose: str) -> dict[int, Answer]:
    """The same, kept as they are until the caller's transaction ends (on SQLite it holds the one write lock)."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("heads are locked inside a transaction")
    return _read_heads(fan_ids, purpose, " FOR UPDATE" if connection.vendor == "postgresql" else "")
