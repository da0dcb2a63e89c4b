"""Venues, sessions, gates, tickets, and the imports that bring them."""

from django.db import models

from tifo.kernel.public import Work
from tifo.spectators.types import STATUSES


class Venue(models.Model):
    """A place with its own time zone."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=200)
    timezone = models.CharField(max_length=64)


class Session(models.Model):
    """Something to see at a venue. The lake copies it: each write stamps `rev`; rows are never deleted."""

    code = models.CharField(max_length=64, unique=True)
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="sessions")
    sport = models.CharField(max_length=100)
    sport_code = models.CharField(max_length=32)
    programme = models.TextField(default="", blank=True)
    gender = models.CharField(max_length=32, default="", blank=True)
    medal_events = models.IntegerField(default=0)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    local_day = models.DateField()  # of starts_at in the venue's zone, so that SQL needs no zones
    rev = models.BigIntegerField(db_index=True)

    class Meta:
        indexes = [
            models.Index(fields=["local_day", "starts_at"], name="spectators_session_day"),
            models.Index(fields=["sport"], name="spectators_session_sport"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="spectators_session_ends_later"
            )
        ]


class Gate(models.Model):
    """A way into a venue."""

    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="gates")
    code = models.CharField(max_length=32)
    name = models.CharField(max_length=200, default="", blank=True)
    opens_at = models.TimeField(null=True, blank=True)
    step_free = models.BooleanField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["venue", "code"], name="spectators_gate_once")]


class Ticket(models.Model):
    """A seat for a session. Whose it is: `fan_id` holds it, `buyer_fan_id` paid for it; either may be unknown.

    No address is kept. `holder_key` and `buyer_key` are keyed hashes (fans' destination keys), there so that a
    holder who becomes a fan later is found again; erasing the fan blanks them. The two fan columns carry no
    foreign key: a fan's row is never deleted, the ids come from a join with the fans themselves, and a
    constraint checked for each of millions of rows would cost more than the rest of the import.
    """

    ref = models.CharField(max_length=64, unique=True)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="tickets")
    fan_id = models.BigIntegerField(null=True)
    buyer_fan_id = models.BigIntegerField(null=True)
    holder_key = models.BinaryField(max_length=16, null=True)
    buyer_key = models.BinaryField(max_length=16, null=True)
    category = models.CharField(max_length=64, default="", blank=True)
    gate = models.CharField(max_length=32, default="", blank=True)
    block = models.CharField(max_length=32, default="", blank=True)
    row = models.CharField(max_length=32, default="", blank=True)
    seat = models.CharField(max_length=32, default="", blank=True)
    status = models.CharField(max_length=12)
    rev = models.BigIntegerField(db_index=True)

    class Meta:
        indexes = [
            models.Index(fields=["fan_id"], name="spectators_ticket_fan"),
            models.Index(fields=["buyer_fan_id"], name="spectators_ticket_buyer"),
            models.Index(fields=["holder_key"], name="spectators_ticket_holder"),
            models.Index(fields=["buyer_key"], name="spectators_ticket_paid_by"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=STATUSES), name="spectators_ticket_status_known"
            )
        ]


class Linking(models.Model):
    """One row: up to which revision fans were looked at for tickets of theirs. Locked by whoever links."""

    id = models.SmallIntegerField(primary_key=True)
    fans_rev = models.BigIntegerField(default=0)


class ImportRun(Work):
    """An import asked for in the studio: files wait in its folder until they are applied or a day has passed."""

    asked_by = models.BigIntegerField(null=True)
    asked_at = models.DateTimeField()
    dry_run = models.BooleanField(default=True)
    files = models.JSONField(default=list)  # names of the files, in the folder of this run
    report = models.JSONField(null=True)  # an ImportReport; its errors name no address
    done_bytes = models.BigIntegerField(default=0)
    total_bytes = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
