"""Points are spent, given back, and expire."""

from django.db import transaction

from tifo.kernel.public import Refused, clock
from tifo.kernel.public import sentence as _
from tifo.points.actions.books import Conflict, Short, opened, reopened
from tifo.points.actions.levels import place
from tifo.points.models import Account, Lot, Transfer

EXPIRING = 500  # fans a call


def spend(fan_id: int, amount: int, key: str, *, about: str = "") -> int:
    """She pays for something; the transfer's number. The same key again is the same payment.

    Raises Short where she has not enough, Conflict where the key paid for something else.
    """
    if amount <= 0:
        raise Refused(_("a payment is at least one point"))
    with transaction.atomic():
        books = opened(fan_id)
        before = Transfer.objects.filter(key=f"spend:{key}").first()
        if before is not None:
            if (before.fan_id, before.amount, before.about) != (fan_id, amount, about):
                raise Conflict(_("“%(key)s” paid for something else before", key=key[:80]))
            return before.id
        books.expire_due()
        if books.balance("points") < amount:
            raise Short(
                _(
                    "it takes %(amount)s points, and there are %(balance)s",
                    amount=f"{amount:,}",
                    balance=f"{max(0, books.balance('points')):,}",
                )
            )
        payment = books.entry("spend", "points", amount, f"spend:{key}", about=about)
        books.debit(payment)
        return payment.id


def reverse(transfer_id: int, *, note: str, actor_id: int | None = None) -> int:
    """Undo an earning or a payment, whole, once; the reversal's number. It counts from when the original did.

    Taking back points that she has spent leaves her owing; a payment given back lies in the lots it came from.
    """
    with transaction.atomic():
        original = Transfer.objects.filter(id=transfer_id).first()
        if original is None or original.kind not in ("earn", "spend"):
            raise Refused(_("only an earning or a payment can be reversed"))
        books = opened(original.fan_id)
        before = Transfer.objects.filter(reverses_id=transfer_id).values_list("id", flat=True).first()
        if before is not None:
            return before
        undoing = books.reversal(original, deed_id=original.deed_id, note=note[:500], actor_id=actor_id)
        if original.kind == "earn":
            books.debit(undoing, first=original.id, owing=True)
            place(books)
        else:
            undoing.effective_at = books.moment
            books.give_back(undoing, original)
        return undoing.id


def expire() -> bool:
    """Let what is over go, for some hundred fans; whether more is over."""
    over = Lot.objects.filter(remaining__gt=0, expires_at__lte=clock.now())
    accounts = over.order_by("expires_at").values_list("account_id", flat=True)[:EXPIRING]
    fans = Account.objects.filter(id__in=list(accounts)).order_by("fan_id").values_list("fan_id", flat=True)
    for fan_id in fans:
        with transaction.atomic():
            reopened(fan_id).expire_due()
    return len(accounts) == EXPIRING


def forfeit_all(fan_id: int) -> None:
    """She was erased: what she had goes back to the house, what she owed stays owed; the sums of all stay right."""
    if not Account.objects.filter(fan_id=fan_id).exists():
        return
    with transaction.atomic():
        books = reopened(fan_id)
        books.expire_due()
        for currency in ("points", "status"):
            left = books.balance(currency)
            if left > 0:
                books.debit(books.entry("forfeit", currency, left, f"forfeit:{fan_id}:{currency}"))
        place(books)
