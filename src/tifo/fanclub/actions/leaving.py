"""Leaving: the club, or altogether; and taking everything along."""

from django.db import transaction

from tifo.accounts.public import close_account, roles_of
from tifo.fanclub.models import Joining, Seat
from tifo.fans.public import erased_keys, fans, leave_club
from tifo.kernel.public import clock
from tifo.registry.public import erase, export_known


def leave(fan_id: int) -> bool:
    """She is no member any more; what she allowed and likes stays as it is. Whether she was one."""
    return leave_club(fan_id)


def everything_about(fan_id: int, user_id: int) -> bytes:
    """Everything known of her, as a zip, at her own request."""
    return export_known(fan_id, user_id)


def erase_me(fan_id: int, user_id: int) -> None:
    """Forget her for ever, at her own request: her account closes in the same transaction."""
    with transaction.atomic():
        erase(fan_id, user_id)
        forget_traces(fan_id)


def forget_traces(fan_id: int) -> None:
    """What this site kept of an erased fan: accounts that were hers, wishes made from her address."""
    with transaction.atomic():
        for seat in Seat.objects.select_for_update().filter(fan_id=fan_id):
            user_id = seat.user_id
            seat.delete()
            if not roles_of(user_id):  # somebody on the staff keeps the account she works with
                close_account(user_id)
        Joining.objects.filter(fan_id=fan_id).delete()
        erased_at = fans([fan_id])[fan_id].erased_at or clock.now()
        waiting = dict(
            Joining.objects.filter(confirmed_at=None, asked_at__lte=erased_at).values_list(
                "pk", "destination_key"
            )
        )
        gone = erased_keys([bytes(key) for key in waiting.values()])
        Joining.objects.filter(pk__in=[pk for pk, key in waiting.items() if bytes(key) in gone]).delete()
