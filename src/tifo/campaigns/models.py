"""Campaigns, their sendings, and the chunks of a plan."""

from django.db import models

from tifo.kernel.public import Work


class Campaign(models.Model):
    """What is to be said to whom; edited freely, each sending keeps its own copy."""

    name = models.CharField(max_length=80, unique=True)
    definition = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=150, default="", blank=True)
    send_at = models.DateTimeField(null=True)
    own_zone = models.BooleanField(default=False)
    zone = models.CharField(max_length=64, default="", blank=True)


class Occurrence(Work):
    """One sending: as work it is the planning; `stage` says where the whole sending stands."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="occurrences")
    number = models.IntegerField()
    definition = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    stage = models.CharField(max_length=20, default="planning")
    stage_before_pause = models.CharField(max_length=20, default="", blank=True)
    send_at = models.DateTimeField(null=True)
    own_zone = models.BooleanField(default=False)
    zone = models.CharField(max_length=64, default="", blank=True)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    begun_at = models.DateTimeField(null=True)
    watched = models.BooleanField(default=False)
    watch_minutes = models.IntegerField(default=0)
    step = models.IntegerField(default=0)
    halted_at = models.DateTimeField(null=True)
    halted_for = models.JSONField(default=list, blank=True)
    tolerated = models.JSONField(default=dict, blank=True)
    audience_count = models.BigIntegerField(default=0)
    audience_hash = models.CharField(max_length=64, default="", blank=True)
    combinations = models.JSONField(default=list)
    mailing_id = models.BigIntegerField(null=True)
    approved_by = models.CharField(max_length=150, default="", blank=True)
    approved_hash = models.CharField(max_length=64, default="", blank=True)
    approved_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150, default="", blank=True)
    started_by = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="campaigns_occurrence_number"),
            models.UniqueConstraint(
                fields=["campaign"],
                condition=~models.Q(stage__in=["cancelled", "finished", "failed"]),
                name="campaigns_one_open_occurrence",
            ),
        ]


class Step(models.Model):
    """A part of a sending that leaves and is watched before the next: a fair sample of all its fans."""

    occurrence = models.ForeignKey(Occurrence, on_delete=models.PROTECT, related_name="steps")
    number = models.IntegerField()
    rows = models.IntegerField()
    released_at = models.DateTimeField(null=True)
    rested_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["occurrence", "number"], name="campaigns_step_number"),
        ]


class Chunk(Work):
    """A piece of the plan: an archived file of recipients, in order of their due time."""

    occurrence = models.ForeignKey(Occurrence, on_delete=models.PROTECT, related_name="chunks")
    number = models.IntegerField()
    path = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    rows = models.IntegerField()
    entered = models.BooleanField(default=False)
    step = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["occurrence", "number"], name="campaigns_chunk_number"),
        ]
        indexes = [models.Index(fields=["state", "run_after", "id"], name="campaigns_chunk_ready")]
