"""One-click withdrawals: spooled by the tracker while the database may be down, drained before any sending (C2, C7)."""

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from tifo.consents.public import heads, withdraw
from tifo.delivery.actions import statements as sql
from tifo.kernel.public import clock, crash_point, data_path, revisions

log = logging.getLogger(__name__)


def spooled() -> list[Path]:
    """The finished files of the spool, oldest first."""
    folder = data_path("spool", "x").parent
    return sorted(folder.glob("*.jsonl"))


def drain_withdrawals() -> int:
    """Write what the spool holds into the truth; how many withdrawals. Cheap when the spool is empty.

    A file goes only after its transaction is durable; one drained twice withdraws once.
    """
    drained = 0
    for path in spooled():
        try:
            lines = path.read_bytes().splitlines()
        except FileNotFoundError:  # another worker was faster
            continue
        with transaction.atomic():
            sql.durable()
            drained += _withdraw([entry for line in lines if (entry := _entry(line, path)) is not None])
        crash_point("delivery.drained")
        path.unlink(missing_ok=True)
    return drained


def _entry(line: bytes, path: Path) -> dict[str, Any] | None:
    try:
        entry: dict[str, Any] = json.loads(line)
        int(entry["i"]), int(entry["m"]), int(entry["t"])
    except (ValueError, KeyError, TypeError):
        log.warning("%s holds a line that can't be read; it is left out", path.name)
        return None
    return entry


def _withdraw(entries: list[dict[str, Any]]) -> int:
    if not entries:
        return 0
    found = sql.fetch(
        "SELECT m.id, m.mailing_id, m.fan_id, g.purpose FROM delivery_message m "
        f"JOIN delivery_mailing g ON g.id = m.mailing_id WHERE m.id IN ({sql.ids(e['i'] for e in entries)})"
    )
    messages = {message_id: rest for message_id, *rest in found}
    by_purpose: dict[str, dict[int, dict[str, Any]]] = {}
    for entry in entries:
        mailing_id, fan_id, purpose = messages.get(entry["i"], (None, 0, ""))
        if mailing_id == entry["m"]:
            by_purpose.setdefault(purpose, {}).setdefault(fan_id, entry)
    count = 0
    for entry in sorted(entries, key=lambda one: int(one["i"])):
        if messages.get(entry["i"], (None,))[0] == entry["m"]:
            _note(entry)
    for purpose, fans in sorted(by_purpose.items()):
        answers = heads(fans, purpose)
        for fan_id, entry in sorted(fans.items()):  # in the order in which the gate locks
            if fan_id not in answers or answers[fan_id].state != "withdrawn":
                withdraw(
                    fan_id,
                    purpose,
                    source="one-click",
                    moment=_moment(entry),
                    proof={"mailing": entry["m"], "message": entry["i"]},
                )
                count += 1
    return count


def _moment(entry: dict[str, Any]) -> datetime:
    said = datetime.fromtimestamp(entry["t"] / 1000, UTC)
    return min(said, clock.now())


def _note(entry: dict[str, Any]) -> None:
    sql.run(
        "UPDATE delivery_message SET unsubscribed_at = %s, rev = %s WHERE id = %s AND unsubscribed_at IS NULL",
        [sql.moment(_moment(entry)), revisions.current(), entry["i"]],
    )
