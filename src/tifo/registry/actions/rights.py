"""What a person may ask of us, done for her by staff: correct, consent, everything known (art. 15), erasure (art. 17).

Each of these has exactly one entry in the audit trail, in the transaction of its effect. The entries name the fan by
her id and hold no fact about her.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import get_language, gettext

from tifo.accounts.public import audit
from tifo.consents.public import give, notice, withdraw
from tifo.fans.public import erase_fan, update_fan
from tifo.kernel.public import Refused, clock
from tifo.points.public import history
from tifo.quests.public import KnownPlay, known_of, said
from tifo.registry.queries import FanPage, fan_of, fan_page

SOURCE = "staff"
LONGEST_REASON = 500
MOST_LINES = 1_000_000  # of her points: all


def _reason(text: str) -> str:
    reason = " ".join(text.split())
    if not reason:
        raise Refused(gettext("Say why, e.g. “asked by phone on 3 May”: the proof must stand on its own."))
    if len(reason) > LONGEST_REASON:
        raise Refused(gettext("The reason is longer than 500 characters: shorten it."))
    return reason


def correct(fan_id: int, actor_id: int, values: Mapping[str, Any]) -> bool:
    """Correct facts about her (names of fans.public.update_fan); whether anything changed."""
    with transaction.atomic():
        before = fan_of(fan_id)
        if not update_fan(fan_id, **values):
            return False
        after = fan_of(fan_id)
        changed = [name for name in values if getattr(before, name) != getattr(after, name)]
        audit(actor_id, "registry.correct", f"fan:{fan_id}", {"fields": sorted(changed)})
    return True


def give_for(fan_id: int, purpose: str, actor_id: int, reason: str) -> None:
    """Write down a yes that she gave to a member of staff; the reason is its proof."""
    why = _reason(reason)
    with transaction.atomic():
        worded = notice(purpose, fan_of(fan_id).language or "en")
        version = give(
            fan_id, purpose, source=SOURCE, notice_id=worded.id, proof={"by": actor_id, "reason": why}
        )
        audit(actor_id, "registry.consent-given", f"fan:{fan_id}", {"purpose": purpose, "version": version})


def withdraw_for(fan_id: int, purpose: str, actor_id: int, reason: str) -> None:
    """Write down a no that she told a member of staff."""
    why = _reason(reason)
    with transaction.atomic():
        version = withdraw(fan_id, purpose, source=SOURCE, proof={"by": actor_id, "reason": why})
        audit(
            actor_id, "registry.consent-withdrawn", f"fan:{fan_id}", {"purpose": purpose, "version": version}
        )


def erase(fan_id: int, actor_id: int) -> bool:
    """Forget her for ever; whether it was not done yet. Every context follows FanErased."""
    with transaction.atomic():
        if not erase_fan(fan_id):
            return False
        audit(actor_id, "registry.erase", f"fan:{fan_id}", {})
    return True


def export_known(fan_id: int, actor_id: int) -> bytes:
    """Everything known of her, for her: a zip of `everything.json` and `everything.html` in the language in use."""
    with transaction.atomic():
        page, plays = fan_page(fan_id), known_of(fan_id)
        made_at = clock.now()
        known = {
            "made_at": made_at.isoformat(),
            "fan": plain(page.fan),
            "identities": [{"kind": kind, "key": key} for kind, key in page.identities],
            "consents": [_consent(consent) for consent in page.consents],
            "tastes": [plain(taste) for _, taste in page.tastes],
            "tickets": [plain(ticket) for ticket in page.tickets],
            "messages": [plain(message) for message in page.messages],
            "came_back": [plain(line) for line in page.heard],
            "quests": [_played(play) for play in plays],
            "points": [plain(line) for line in history(fan_id, limit=MOST_LINES)],
        }
        audit(actor_id, "registry.export", f"fan:{fan_id}", {"sections": sorted(set(known) - {"made_at"})})
    readable = _readable(page, plays, made_at)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("everything.json", json.dumps(known, ensure_ascii=False, indent=2))
        archive.writestr("everything.html", readable)
        for play in plays:
            if play.photo:
                archive.writestr(_photo_name(play), play.photo)
    return packed.getvalue()


def _played(play: KnownPlay) -> object:
    said = asdict(play) | {"photo": _photo_name(play) if play.photo else None}
    return plain(said)


def _photo_name(play: KnownPlay) -> str:
    return f"photos/{play.quest}.jpg"


def _readable(page: FanPage, plays: list[KnownPlay], made_at: datetime) -> str:
    return render_to_string(
        "registry/everything.html",
        {
            "page": page,
            "plays": [(play, said(play.title, get_language() or "en")) for play in plays],
            "made_at": made_at,
            "language": get_language() or "en",
        },
    )


def _consent(consent: Any) -> dict[str, object]:
    return {
        "purpose": consent.purpose.key,
        "state": consent.state.state if consent.state else None,
        "history": [
            {
                "act": proof.entry.act,
                "moment": proof.entry.moment.isoformat(),
                "recorded_at": proof.entry.recorded_at.isoformat(),
                "source": proof.entry.source,
                "proof": plain(dict(proof.entry.proof)),
                "wording": proof.notice.text if proof.notice else None,
                "hash": proof.entry.hash,
            }
            for proof in consent.entries
        ],
    }


def plain(value: object) -> object:
    """As JSON can hold it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(part) for name, part in asdict(value).items()}
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(part) for part in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return str(value)
