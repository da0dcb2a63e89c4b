"""The send ledger and what belongs to it. Who may follow whom is enforced by triggers (migration 0002, M7)."""

from django.db import models
from django.db.models import Q


class Mailing(models.Model):
    """One occurrence of something that is sent to many, over one channel."""

    label = models.CharField(max_length=200)
    occurrence = models.CharField(max_length=100, default="")
    purpose = models.CharField(max_length=50)
    legal_class = models.CharField(max_length=20)
    channel = models.CharField(max_length=20)
    sender = models.CharField(max_length=320)
    state = models.CharField(max_length=10, default="open")
    resend_doubt = models.BooleanField(default=False)
    lifetime_hours = models.IntegerField(default=24)
    opened_at = models.DateTimeField()
    busy = models.BooleanField(default=False)  # may have messages that still move

    class Meta:
        db_table = "delivery_mailing"
        constraints = [
            models.UniqueConstraint(fields=["label", "occurrence", "channel"], name="delivery_mailing_once"),
            models.CheckConstraint(
                condition=Q(state__in=("open", "paused", "cancelled")), name="delivery_mailing_state"
            ),
            # M14: only service mail may be sent again from doubt
            models.CheckConstraint(
                condition=Q(resend_doubt=False) | Q(legal_class="service"), name="delivery_mailing_doubt"
            ),
        ]


class Message(models.Model):
    """A row of the send ledger: ids and states, never a text.

    Plain integers instead of foreign keys: at eleven million rows a mailing, checking both at each insert costs
    more than the insert, and neither fans nor mailings are ever deleted.
    """

    mailing_id = models.BigIntegerField()
    chunk = models.IntegerField()
    channel = models.CharField(max_length=20)
    fan_id = models.BigIntegerField()
    destination_key = models.BinaryField(null=True)  # null: duplicate, without address, or erased
    state = models.CharField(max_length=10)
    reason = models.CharField(max_length=200, default="", db_default="")
    evidence = models.CharField(max_length=200, default="", db_default="")
    language = models.CharField(max_length=10)
    variant = models.CharField(max_length=50)
    composed = models.IntegerField()
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    attempt = models.IntegerField(default=0, db_default=0)
    owner = models.CharField(max_length=100, default="", db_default="")
    consent_version = models.BigIntegerField(null=True)
    code = models.IntegerField(default=0, db_default=0)
    at = models.DateTimeField()  # when the state was reached
    unsubscribed_at = models.DateTimeField(null=True)
    rev = models.BigIntegerField(db_index=True)

    class Meta:
        db_table = "delivery_message"
        constraints = [
            # the fan leads, so that the same index finds everything sent to her
            models.UniqueConstraint(
                fields=["fan_id", "mailing_id", "channel"], name="delivery_message_once_fan"
            ),
            models.UniqueConstraint(
                fields=["mailing_id", "channel", "destination_key"], name="delivery_message_once_dest"
            ),
        ]
        indexes = [
            models.Index(fields=["mailing_id", "chunk"], name="delivery_message_part"),
            # what still moves is little at any time: `states.MOVING` in a query finds it by this
            models.Index(
                fields=["mailing_id", "state", "chunk"],
                name="delivery_message_open",
                condition=Q(state__in=("planned", "claimed", "committing")),
            ),
            models.Index(
                fields=["mailing_id"],
                name="delivery_message_left",
                condition=Q(unsubscribed_at__isnull=False),
            ),
            # the few that rest in doubt are found among millions
            models.Index(fields=["id"], name="delivery_message_doubt", condition=Q(state="unknown")),
        ]


class Part(models.Model):
    """A chunk of a mailing in the ledger, with its sums once nothing in it moves: so that eleven million rows are not
    counted at each look (M12). A trigger clears them when a message leaves `unknown` after all.

    `sums`: JSON, a list of [state, reason (of suppressed ones), count].
    """

    mailing_id = models.BigIntegerField()
    chunk = models.IntegerField()
    sums = models.TextField(null=True)

    class Meta:
        db_table = "delivery_part"
        constraints = [models.UniqueConstraint(fields=["mailing_id", "chunk"], name="delivery_part_once")]


class Suppression(models.Model):
    """An address that nothing may be sent to, as its keyed hash."""

    destination_key = models.BinaryField()
    channel = models.CharField(max_length=20)
    reason = models.CharField(max_length=20)
    since = models.DateTimeField()

    class Meta:
        db_table = "delivery_suppression"
        constraints = [
            models.UniqueConstraint(fields=["destination_key", "channel"], name="delivery_suppression_once")
        ]


class Feedback(models.Model):
    """What came back about a message: each report once, whatever brought it and how often. Letters: mailing 0."""

    digest = models.BinaryField(unique=True)  # the same for the same report
    kind = models.CharField(max_length=10)
    mailing_id = models.BigIntegerField(null=True)  # null: a service said it of an address
    message_id = models.BigIntegerField(null=True)
    fan_id = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=20)
    destination_key = models.BinaryField(null=True)  # null: unknown, or erased
    status = models.CharField(max_length=20, default="", blank=True)
    diagnostic = models.CharField(max_length=300, default="", blank=True)
    source = models.CharField(max_length=20)
    sent_at = models.DateTimeField(null=True)  # when the message was handed over
    heard_at = models.DateTimeField()

    class Meta:
        db_table = "delivery_feedback"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=("hard", "soft", "blocked", "complaint", "stop")),
                name="delivery_feedback_kind",
            )
        ]
        indexes = [
            models.Index(fields=["mailing_id", "kind"], name="delivery_feedback_mailing"),
            models.Index(fields=["fan_id"], name="delivery_feedback_fan"),
            models.Index(fields=["destination_key", "kind"], name="delivery_feedback_key"),
        ]


class InboundCount(models.Model):
    """How many reports came a day, by source and what became of them: all that is kept of those without a seal."""

    day = models.DateField()
    source = models.CharField(max_length=20)
    outcome = models.CharField(max_length=20)
    count = models.BigIntegerField(default=0)

    class Meta:
        db_table = "delivery_inbound_count"
        constraints = [
            models.UniqueConstraint(fields=["day", "source", "outcome"], name="delivery_inbound_count_once")
        ]


class RegisteredLink(models.Model):
    """A URL that a mailing's links may lead to."""

    mailing = models.ForeignKey(Mailing, on_delete=models.PROTECT, related_name="links")
    index = models.IntegerField()
    url = models.TextField()
    block = models.CharField(max_length=100)
    language = models.CharField(max_length=10)
    topics = models.JSONField(default=list)

    class Meta:
        db_table = "delivery_link"
        constraints = [models.UniqueConstraint(fields=["mailing", "index"], name="delivery_link_once")]


class Letter(models.Model):
    """A service mail to one address, whole until the other side has it, then only the fact.

    At least once, always under the same Message-ID (M14).
    """

    kind = models.CharField(max_length=50)
    fan_id = models.BigIntegerField(null=True)
    destination_key = models.BinaryField()
    address = models.CharField(max_length=320)
    message_id = models.CharField(max_length=200)
    content = models.BinaryField()
    state = models.CharField(max_length=10, default="planned")
    reason = models.CharField(max_length=200, default="")
    attempt = models.IntegerField(default=0)
    owner = models.CharField(max_length=100, default="")
    lease_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    written_at = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        db_table = "delivery_letter"
        indexes = [
            models.Index(
                fields=["due_at"],
                name="delivery_letter_open",
                condition=Q(state__in=("planned", "claimed", "committing")),
            ),
            models.Index(fields=["fan_id"], name="delivery_letter_fan"),
        ]


class HitFile(models.Model):
    """An archived file of opens and clicks, classified by `rule`."""

    path = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    hits = models.IntegerField()
    rule = models.IntegerField()
    loaded_at = models.DateTimeField()
    position = models.BigIntegerField(unique=True)

    class Meta:
        db_table = "delivery_hit_file"


class HitSource(models.Model):
    """A raw file that was loaded: once, also when its deletion was cut short."""

    name = models.CharField(max_length=100, unique=True)
    file = models.ForeignKey(HitFile, on_delete=models.PROTECT, related_name="sources")

    class Meta:
        db_table = "delivery_hit_source"


class Epoch(models.Model):
    """Which of all copies of this base may send, and whether it may at all: one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=1)
    raised_at = models.DateTimeField()
    raised_by = models.BigIntegerField(null=True)
    stopped_at = models.DateTimeField(null=True)
    stop_kind = models.CharField(max_length=20, default="", blank=True)
    stop_says = models.JSONField(default=list)  # findings: promise, how many, which
    audited_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "delivery_epoch"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="delivery_epoch_one")]


class Place(models.Model):
    """A host and data folder that sends from this base, or asks to. `mark` counts the windows that crossed there."""

    id = models.CharField(max_length=32, primary_key=True)
    epoch = models.BigIntegerField()
    state = models.CharField(max_length=10)
    mark = models.BigIntegerField(default=0)
    bound = models.JSONField()
    host = models.CharField(max_length=200)
    why = models.CharField(max_length=20, default="", blank=True)  # why it has to ask
    since = models.DateTimeField()
    seen_at = models.DateTimeField()
    unreached = models.IntegerField(
        default=0, db_default=0
    )  # how many times in a row no mail server was to be had
    rests_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "delivery_place"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=("asking", "sending", "stopped")), name="delivery_place_state"
            )
        ]


class Pace(models.Model):
    """How much may go to a destination, as people set it. `scope`: all (whatever leaves), group (its domains together)
    or each (every domain that no group names, on its own). Empty: no cap.

    `day_first` on the day `warm_from`, twice as much each day after it, never more than `day_most`.
    """

    name = models.CharField(max_length=80, unique=True)
    scope = models.CharField(max_length=10)
    domains = models.JSONField(default=list, blank=True)
    per_second = models.IntegerField(null=True, blank=True)
    per_minute = models.IntegerField(null=True, blank=True)
    connections = models.IntegerField(null=True, blank=True)
    warm_from = models.DateField(null=True, blank=True)
    day_first = models.IntegerField(null=True, blank=True)
    day_most = models.IntegerField(null=True, blank=True)

    class Meta:
        db_table = "delivery_pace"
        constraints = [
            models.CheckConstraint(
                condition=Q(scope__in=("all", "group", "each")), name="delivery_pace_scope"
            ),
            models.UniqueConstraint(
                fields=["scope"], condition=Q(scope__in=("all", "each")), name="delivery_pace_one"
            ),
            models.CheckConstraint(
                condition=Q(warm_from__isnull=True) | Q(day_first__gte=1), name="delivery_pace_warm"
            ),
        ]


class Destination(models.Model):
    """Where a destination stands. `at`: when this was written (seconds, the database's clock); `ahead`: for how long
    after it the slots are given away; `tail`: how far those reach that were sent away to come back."""

    key = models.CharField(max_length=300, primary_key=True)
    at = models.FloatField()
    ahead = models.FloatField(default=0)
    tail = models.FloatField(default=0)
    fails = models.IntegerField(default=0)  # troubles in a row
    hold_until = models.FloatField(null=True)
    says = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        db_table = "delivery_destination"
        constraints = [
            models.CheckConstraint(condition=Q(ahead__gte=0, tail__gte=0), name="delivery_destination_ahead")
        ]
        indexes = [
            models.Index(
                fields=["hold_until"],
                name="delivery_destination_held",
                condition=Q(hold_until__isnull=False),
            )
        ]


class DayCount(models.Model):
    """How many slots a sending domain was given at a destination on a day (UTC)."""

    key = models.CharField(max_length=300)
    sender = models.CharField(max_length=260)
    day = models.DateField()
    used = models.IntegerField(default=0)

    class Meta:
        db_table = "delivery_day_count"
        constraints = [
            models.UniqueConstraint(fields=["key", "sender", "day"], name="delivery_day_count_once"),
            models.CheckConstraint(condition=Q(used__gte=0), name="delivery_day_count_used"),
        ]


class Lane(models.Model):
    """One of the connections that may be under way to a destination, and who has it. `beat` tells that he lives."""

    key = models.CharField(max_length=300)
    number = models.IntegerField()
    owner = models.CharField(max_length=160)
    beat = models.BigIntegerField(default=0)

    class Meta:
        db_table = "delivery_lane"
        constraints = [models.UniqueConstraint(fields=["key", "number"], name="delivery_lane_once")]
