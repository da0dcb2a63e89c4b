"""Tables: rules, deeds, and the ledger with its accounts and lots.

A fan is named by a plain number: a fan's row is never deleted. Triggers keep rules, deeds, transfers and moves of
lots as they were written; constraints keep balances and lots above zero.
"""

from django.db import models
from django.db.models import F, Q

from tifo.kernel.public import Work
from tifo.points.types import CURRENCIES, KINDS

HOUSE = {
    (role, currency): -number
    for number, (role, currency) in enumerate(
        ((role, currency) for role in ("issued", "spent", "expired", "forfeited") for currency in CURRENCIES),
        start=1,
    )
}
"""The house's accounts: below zero, without a row, for what they hold is the sum of their entries."""


class Rule(models.Model):
    """What a kind of deed earns, by version."""

    key = models.CharField(max_length=80)
    version = models.IntegerField()
    unit = models.CharField(max_length=20)
    points = models.BigIntegerField()
    status = models.BigIntegerField()
    per = models.BigIntegerField()
    event_cap = models.BigIntegerField(null=True)
    day_cap = models.BigIntegerField(null=True)
    life_days = models.IntegerField(null=True)
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "version"], name="points_rule_once"),
            models.CheckConstraint(
                condition=Q(per__gt=0, points__gte=0, status__gte=0), name="points_rule_rate"
            ),
        ]


class Deed(models.Model):
    """Something a fan did that earns; `event` is the name its context gave it, by which it counts once."""

    rule_key = models.CharField(max_length=80)
    event = models.CharField(max_length=120)
    fan_id = models.BigIntegerField()
    quantity = models.BigIntegerField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fan_id", "rule_key", "event"], name="points_deed_once"),
            models.CheckConstraint(condition=~Q(event="") & Q(quantity__gte=0), name="points_deed_named"),
        ]


class Rescoring(Work):
    """All deeds of a rule are to count by this version of it; `cursor`: the last fan who is done."""

    rule = models.OneToOneField(Rule, on_delete=models.PROTECT)
    cursor = models.BigIntegerField(default=0)


class Account(models.Model):
    """A fan's points, or her status.

    `floor` is zero but after a reversal of points that were spent: then it is what she owes, and the balance stands
    on it. So no other act takes a balance below zero, whoever forgets to look.
    """

    fan_id = models.BigIntegerField()
    currency = models.CharField(max_length=6)
    balance = models.BigIntegerField(default=0)
    floor = models.BigIntegerField(default=0)
    rev = models.BigIntegerField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fan_id", "currency"], name="points_account_once"),
            models.CheckConstraint(condition=Q(currency__in=CURRENCIES), name="points_account_currency"),
            models.CheckConstraint(
                condition=Q(floor__lte=0, balance__gte=F("floor")), name="points_never_below_floor"
            ),
        ]


class Transfer(models.Model):
    """One move of points from an account to another: two entries of equal amount, for ever.

    `key`: by which it is written once. `effective_at`: from when it counts; `recorded_at`: when we wrote it.
    """

    key = models.CharField(max_length=160, unique=True)
    kind = models.CharField(max_length=8)
    currency = models.CharField(max_length=6)
    fan_id = models.BigIntegerField()
    debit_id = models.BigIntegerField()  # the account that gives
    credit_id = models.BigIntegerField()  # the account that gets
    amount = models.BigIntegerField()
    deed_id = models.BigIntegerField(null=True)
    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, null=True, db_index=False)
    reverses_id = models.BigIntegerField(null=True, unique=True)
    about = models.CharField(max_length=120, default="")
    note = models.CharField(max_length=500, default="")
    actor_id = models.BigIntegerField(null=True)
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    rev = models.BigIntegerField(db_index=True)

    class Meta:
        indexes = [
            models.Index(fields=["fan_id", "effective_at"], name="points_transfer_history"),
            models.Index(fields=["deed_id"], condition=Q(deed_id__isnull=False), name="points_transfer_deed"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="points_transfer_amount"),
            models.CheckConstraint(condition=~Q(debit_id=F("credit_id")), name="points_transfer_two_sides"),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="points_transfer_kind"),
            models.CheckConstraint(
                condition=~Q(kind="earn") | Q(deed_id__isnull=False, rule__isnull=False),
                name="points_earned_by_a_deed",
            ),
            models.CheckConstraint(
                condition=Q(kind="reverse", reverses_id__isnull=False)
                | (~Q(kind="reverse") & Q(reverses_id__isnull=True)),
                name="points_reverse_names_one",
            ),
        ]


class Lot(models.Model):
    """What is left of one earning; its number is the transfer's."""

    id = models.BigIntegerField(primary_key=True)
    account_id = models.BigIntegerField()
    amount = models.BigIntegerField()
    remaining = models.BigIntegerField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["account_id"], condition=Q(remaining__gt=0), name="points_lot_left"),
            models.Index(fields=["expires_at"], condition=Q(remaining__gt=0), name="points_lot_expiry"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(remaining__gte=0, remaining__lte=F("amount")), name="points_lot_between"
            )
        ]


class LotMove(models.Model):
    """What a transfer took from a lot (below zero), or gave back to it."""

    lot_id = models.BigIntegerField()
    transfer_id = models.BigIntegerField()
    amount = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["transfer_id"], name="points_lotmove_transfer")]
        constraints = [
            models.UniqueConstraint(fields=["lot_id", "transfer_id"], name="points_lotmove_once"),
            models.CheckConstraint(condition=~Q(amount=0), name="points_lotmove_amount"),
        ]


class Cause(models.Model):
    """What a rule, or what points are spent on, is called."""

    key = models.CharField(max_length=120, primary_key=True)
    names = models.JSONField(default=dict)


class Level(models.Model):
    """A step of the ladder."""

    rank = models.IntegerField(primary_key=True)
    key = models.CharField(max_length=40, unique=True)
    names = models.JSONField(default=dict)
    at_least = models.BigIntegerField()
    keeps_at = models.BigIntegerField()


class Standing(models.Model):
    """Which level a fan has. `highest`: the best she ever had, so that nobody is congratulated twice."""

    fan_id = models.BigIntegerField(primary_key=True)
    rank = models.IntegerField()
    highest = models.IntegerField()
    since = models.DateTimeField()
    rev = models.BigIntegerField(db_index=True)


class Badge(models.Model):
    """Something that may be shown for ever: what it is for, in words."""

    key = models.SlugField(max_length=60, primary_key=True)
    names = models.JSONField(default=dict)
    criteria = models.JSONField(default=dict)


class BadgeGiven(models.Model):
    """A fan has a badge; given once, and hers to take along until she is erased."""

    badge = models.ForeignKey(Badge, on_delete=models.PROTECT)
    fan_id = models.BigIntegerField()
    given_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fan_id", "badge"], name="points_badge_once")]


class Board(models.Model):
    """A fan who wants to stand on the boards. `name`: what she wants to be called, empty for who is not of age.

    `country` and `birth_year` are copies that follow what is known of her.
    """

    fan_id = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=30, default="")
    country = models.CharField(max_length=2, default="")
    birth_year = models.IntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["country"], name="points_board_country")]
