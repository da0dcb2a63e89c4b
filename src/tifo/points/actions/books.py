"""How the ledger is written: a fan's accounts under lock, a transfer, and the balance and lots that follow from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F

from tifo.fans.public import lock_fan
from tifo.kernel.public import Refused, clock, revisions
from tifo.kernel.public import sentence as _
from tifo.points import rules
from tifo.points.models import HOUSE, Account, Lot, LotMove, Transfer
from tifo.points.types import CURRENCIES, Currency, Kind

ROLE_OF = {"earn": "issued", "spend": "spent", "expire": "expired", "forfeit": "forfeited"}


class Conflict(Refused):
    """The same key came before, with other contents."""


class Short(Refused):
    """She has not enough points for it."""


@dataclass(frozen=True)
class Books:
    """A fan's accounts, locked until the transaction ends: whatever happens to her points waits its turn here."""

    fan_id: int
    accounts: dict[str, Account]
    moment: datetime
    rev: int

    def balance(self, currency: Currency) -> int:
        return self.accounts[currency].balance

    def entry(self, kind: Kind, currency: Currency, amount: int, key: str, **rest: Any) -> Transfer:
        """A transfer between her account and the house's of this kind, not yet written."""
        hers, house = self.accounts[currency].id, HOUSE[ROLE_OF[kind], currency]
        debit, credit = (house, hers) if kind == "earn" else (hers, house)
        return self._transfer(kind, currency, amount, key, debit, credit, rest)

    def reversal(self, of: Transfer, **rest: Any) -> Transfer:
        """The transfer that undoes another, not yet written; it counts from when that one did."""
        rest = {"reverses_id": of.id, "about": of.about, "effective_at": of.effective_at, **rest}
        currency: Currency = "points" if of.currency == "points" else "status"
        return self._transfer(
            "reverse", currency, of.amount, f"reverse:{of.id}", of.credit_id, of.debit_id, rest
        )

    def credit(self, transfer: Transfer, expires_at: datetime | None = None) -> None:
        """Give: a lot of its own, of which what she owes is taken at once."""
        transfer.save(force_insert=True)
        if transfer.currency == "points":
            owed = min(-self.accounts["points"].floor, transfer.amount)
            Lot.objects.create(
                id=transfer.id,
                account_id=transfer.credit_id,
                amount=transfer.amount,
                remaining=transfer.amount - owed,
                expires_at=expires_at,
            )
            _moved(transfer, [(transfer.id, -owed)])
        self._settle(transfer, transfer.amount)

    def debit(self, transfer: Transfer, *, first: int | None = None, owing: bool = False) -> None:
        """Take: from the lot `first` before all others, then from those that expire soonest.

        `owing`: what she no longer has she owes. Without it the account's bound refuses.
        """
        transfer.save(force_insert=True)
        if transfer.currency == "points":
            lots = [
                rules.Lot(*lot)
                for lot in Lot.objects.filter(account_id=transfer.debit_id, remaining__gt=0).values_list(
                    "id", "remaining", "expires_at"
                )
            ]
            chosen = rules.taken([lot for lot in lots if lot.id == first], transfer.amount)
            others = rules.taken([lot for lot in lots if lot.id != first], chosen.missing)
            moves = [(lot, -part) for lot, part in chosen.parts + others.parts]
            _apply(moves)
            _moved(transfer, moves)
        self._settle(transfer, -transfer.amount, owing=owing)

    def give_back(self, transfer: Transfer, original: Transfer) -> None:
        """Undo a payment: what it took from each lot lies there again, less what she owes."""
        transfer.save(force_insert=True)
        took = LotMove.objects.filter(transfer_id=original.id).order_by("lot_id")
        owed = min(-self.accounts["points"].floor, transfer.amount)
        moves = []
        for lot, amount in took.values_list("lot_id", "amount"):
            kept = min(owed, -amount)
            owed -= kept
            moves.append((lot, -amount - kept))
        _apply(moves)
        _moved(transfer, moves)
        self._settle(transfer, transfer.amount)

    def expire_due(self) -> int:
        """What is over by now goes first, so that nobody pays with it; how many points."""
        hers = Lot.objects.filter(account_id=self.accounts["points"].id, remaining__gt=0)
        gone = 0
        for lot in hers.filter(expires_at__lte=self.moment).order_by("expires_at", "id"):
            key = f"expire:{lot.id}:{LotMove.objects.filter(lot_id=lot.id).count()}"
            over = self.entry("expire", "points", lot.remaining, key, effective_at=lot.expires_at)
            self.debit(over, first=lot.id)
            gone += lot.remaining
        return gone

    def _transfer(
        self,
        kind: Kind,
        currency: Currency,
        amount: int,
        key: str,
        debit: int,
        credit: int,
        rest: dict[str, Any],
    ) -> Transfer:
        return Transfer(
            key=key,
            kind=kind,
            currency=currency,
            fan_id=self.fan_id,
            debit_id=debit,
            credit_id=credit,
            amount=amount,
            recorded_at=self.moment,
            rev=self.rev,
            **{"effective_at": self.moment, **rest},
        )

    def _settle(self, transfer: Transfer, change: int, *, owing: bool = False) -> None:
        account = self.accounts[transfer.currency]
        account.balance += change
        if change > 0 or owing:
            account.floor = min(0, account.balance)
        account.rev = self.rev
        account.save(update_fields=["balance", "floor", "rev"])


def opened(fan_id: int) -> Books:
    """The books of a fan under lock, her accounts made where she has none. Inside a transaction; refused once erased."""
    fan = lock_fan(fan_id)
    if fan.erased_at:
        raise Refused(_("this fan was erased"))
    return _under_lock(fan_id)


def reopened(fan_id: int) -> Books:
    """The same for somebody who was erased: to close what she had."""
    lock_fan(fan_id)
    return _under_lock(fan_id)


def _under_lock(fan_id: int) -> Books:
    rev = revisions.current()
    hers = Account.objects.select_for_update().filter(fan_id=fan_id).order_by("id")
    accounts = {account.currency: account for account in hers}
    missing = [
        Account(fan_id=fan_id, currency=currency, rev=rev)
        for currency in CURRENCIES
        if currency not in accounts
    ]
    if missing:  # her row is locked: nobody else makes them meanwhile
        accounts |= {account.currency: account for account in Account.objects.bulk_create(missing)}
    return Books(fan_id, accounts, clock.now(), rev)


def _apply(moves: Sequence[tuple[int, int]]) -> None:
    for lot, amount in moves:
        Lot.objects.filter(id=lot).update(remaining=F("remaining") + amount)


def _moved(transfer: Transfer, moves: Sequence[tuple[int, int]]) -> None:
    LotMove.objects.bulk_create(
        LotMove(lot_id=lot, transfer_id=transfer.id, amount=amount) for lot, amount in moves if amount
    )
