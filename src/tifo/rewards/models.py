"""Tables: offers, entries, the frozen tree, awards, stock, and the public log.

A fan is named by a plain number: a fan's row is never deleted. Constraints hold that she enters once, that no place is
given twice, and that no tree is drawn twice; triggers keep the log and the published rules as they were written.
"""

from django.db import models
from django.db.models import F, Q

from tifo.rewards.types import METHODS, AwardState, State

STATES = [state.value for state in State]
AWARD_STATES = [state.value for state in AwardState]


class Offer(models.Model):
    """An offer with its file, and where it stands. `root`: of the frozen entries, once for ever."""

    name = models.SlugField(max_length=60, unique=True)
    state = models.CharField(max_length=6, default=State.DRAFT)
    method = models.CharField(max_length=12)
    source = models.TextField()
    version = models.IntegerField(default=0)
    rules_hash = models.CharField(max_length=64, default="")
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    root = models.CharField(max_length=64, null=True, unique=True)
    frozen_entries = models.IntegerField(default=0)
    round = models.BigIntegerField(null=True)
    drawable_at = models.DateTimeField(null=True)
    beacon = models.JSONField(null=True)
    seed = models.CharField(max_length=64, default="")
    order = models.CharField(max_length=64, default="")
    sealed = models.BinaryField(default=b"")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=STATES), name="rewards_offer_state"),
            models.CheckConstraint(condition=Q(method__in=METHODS), name="rewards_offer_method"),
            models.CheckConstraint(condition=Q(opens_at__lt=F("closes_at")), name="rewards_offer_window"),
        ]


class Rules(models.Model):
    """The rules of an offer as they were published, by version; `texts` is what people read."""

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT)
    version = models.IntegerField()
    rules = models.JSONField()
    texts = models.JSONField()
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["offer", "version"], name="rewards_rules_once")]


class Entry(models.Model):
    """A fan takes part: once by herself, and once by her canonical address.

    `facts`: her true balances, by input; `bands`: what is published of them. `reason`: why the entry is out (a name), empty if it is in. Salt and holder
    open the commitment; they are hers, and go when she is erased.
    """

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, db_index=False)
    fan_id = models.BigIntegerField()
    person_key = models.BinaryField(null=True)
    stratum = models.CharField(max_length=60)
    weight = models.IntegerField(default=1)
    facts = models.JSONField(default=dict)
    bands = models.CharField(max_length=400, default="")
    reason = models.CharField(max_length=60, default="")
    holder = models.CharField(max_length=320, default="")
    salt = models.BinaryField(default=b"")
    commitment = models.CharField(max_length=64, unique=True)
    answer = models.TextField(default="")
    entered_at = models.DateTimeField()
    leaf = models.BinaryField(null=True)
    leaf_index = models.IntegerField(null=True)
    rank = models.IntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["fan_id"], name="rewards_entry_fan")]
        constraints = [
            models.UniqueConstraint(fields=["offer", "fan_id"], name="rewards_entry_once"),
            models.UniqueConstraint(fields=["offer", "person_key"], name="rewards_person_once"),
            models.UniqueConstraint(fields=["offer", "leaf_index"], name="rewards_leaf_once"),
            models.UniqueConstraint(fields=["offer", "stratum", "rank"], name="rewards_rank_once"),
            models.CheckConstraint(condition=Q(weight__gte=1, weight__lte=1000), name="rewards_entry_weight"),
        ]


class Tree(models.Model):
    """A piece of a frozen tree: the nodes of a level from `block` × 1,024 on, 32 bytes each."""

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, db_index=False)
    level = models.IntegerField()
    block = models.IntegerField()
    nodes = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["offer", "level", "block"], name="rewards_tree_once")]


class Stock(models.Model):
    """The places of a stratum. Free, offered to somebody, or had: together they are what there was at first."""

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, db_index=False)
    stratum = models.CharField(max_length=60)
    initial = models.IntegerField()
    available = models.IntegerField()
    pending = models.IntegerField(default=0)
    posted = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["offer", "stratum"], name="rewards_stock_once"),
            models.CheckConstraint(
                condition=Q(available__gte=0, pending__gte=0, posted__gte=0), name="rewards_stock_never_below"
            ),
            models.CheckConstraint(
                condition=Q(initial=F("available") + F("pending") + F("posted")), name="rewards_stock_adds_up"
            ),
        ]


class Award(models.Model):
    """A place offered to an entry, until `deadline`."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT)
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, db_index=False)
    stratum = models.CharField(max_length=60)
    rank = models.IntegerField()
    state = models.CharField(max_length=9, default=AwardState.OFFERED)
    offered_at = models.DateTimeField()
    deadline = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, default="")
    code = models.CharField(max_length=40, null=True, unique=True)
    payment_id = models.BigIntegerField(null=True)
    untold = models.BooleanField(default=True, db_default=True)  # she has no letter yet of how it stands

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=Q(untold=True), name="rewards_award_untold"),
            models.Index(
                fields=["deadline"], condition=Q(state=AwardState.OFFERED.value), name="rewards_award_due"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["offer", "stratum", "rank"], name="rewards_award_once"),
            models.CheckConstraint(condition=Q(state__in=AWARD_STATES), name="rewards_award_state"),
        ]


class WinTime(models.Model):
    """A moment of an instant win, sealed beforehand: the first entry from then on has it."""

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, db_index=False)
    number = models.IntegerField()
    at = models.DateTimeField()
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["offer", "number"], name="rewards_wintime_once")]


class Reading(models.Model):
    """What a reader of a jury gives an entry, criterion by criterion."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, db_index=False)
    reader_id = models.BigIntegerField()
    marks = models.JSONField()
    total = models.IntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "reader_id"], name="rewards_reading_once"),
            models.CheckConstraint(condition=Q(total__gte=0), name="rewards_reading_total"),
        ]


class LogHead(models.Model):
    """The last entry of the log: one row, which whoever appends locks."""

    id = models.IntegerField(primary_key=True)
    number = models.BigIntegerField()
    at = models.DateTimeField(null=True)
    hash = models.CharField(max_length=64)


class LogEntry(models.Model):
    """An entry of the public log, as it was published."""

    number = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=8)
    offer = models.CharField(max_length=60)
    at = models.DateTimeField()
    body = models.JSONField()
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        indexes = [models.Index(fields=["offer", "kind"], name="rewards_log_offer")]
