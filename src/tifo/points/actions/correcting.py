"""Staff undoes an earning or a payment."""

from django.db import transaction

from tifo.accounts.public import audit
from tifo.kernel.public import Refused
from tifo.kernel.public import sentence as _
from tifo.points.actions.spending import reverse
from tifo.points.models import Transfer


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
