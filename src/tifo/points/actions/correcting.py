"""Staff undoes an earning or a payment."""

from django.db import transaction

from tifo.accounts.public import audit
from tifo.kernel.public import Refused
from tifo.kernel.public import sentence as _
from tifo.points.actions.books import opened
from tifo.points.actions.spending import reverse
from tifo.points.models import Deed, Transfer


def take_back(transfer_id: int, *, note: str, actor_id: int) -> int:
    """Undo it in her history with the reason that she reads, and say so in the audit trail; the reversal's number."""
    reason = " ".join(note.split())
    if not 3 <= len(reason) <= 500:
        raise Refused(_("say why, in 3 to 500 characters: she reads it in her history"))
    with transaction.atomic():
        known = Transfer.objects.filter(reverses_id=transfer_id).values_list("id", flat=True).first()
        if known is not None:
            return known
        undoing = reverse(transfer_id, note=reason, actor_id=actor_id)
        audit(actor_id, "points.reverse", f"transfer:{transfer_id}", {"reversal": undoing})
        return undoing


def unearn(fan_id: int, rule_key: str, event: str, *, note: str) -> None:
    """A deed was none after all: what it earned and still stands is taken back. Again: nothing is left to take."""
    with transaction.atomic():
        opened(fan_id)
        deeds = Deed.objects.filter(fan_id=fan_id, rule_key=rule_key, event=event).values("id")
        undone = Transfer.objects.filter(deed_id__in=deeds, kind="reverse").values("reverses_id")
        standing = Transfer.objects.filter(deed_id__in=deeds, kind="earn").exclude(id__in=undone)
        for transfer_id in list(standing.order_by("id").values_list("id", flat=True)):
            reverse(transfer_id, note=note)
