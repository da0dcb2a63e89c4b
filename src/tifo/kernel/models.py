"""The kernel's tables: events, who read how far, turns of periodic jobs, and the abstract row of work."""

from django.db import models


class Revision(models.Model):
    """SQLite's transaction counter: one row, moved under the write lock."""

    id = models.SmallIntegerField(primary_key=True)
    value = models.BigIntegerField(default=0)

    class Meta:
        db_table = "kernel_revision"


class OutboxEvent(models.Model):
    """Something that happened."""

    name = models.CharField(max_length=100)
    payload = models.TextField()
    announced_at = models.DateTimeField()
    rev = models.BigIntegerField()

    class Meta:
        db_table = "kernel_event"
        indexes = [
            models.Index(fields=["name", "rev", "id"], name="kernel_event_order"),
            models.Index(fields=["rev"], name="kernel_event_newest"),
        ]


class OutboxReader(models.Model):
    """How far a reaction has read."""

    name = models.CharField(max_length=200, primary_key=True)
    rev = models.BigIntegerField(default=0)
    event_id = models.BigIntegerField(default=0)
    failures = models.IntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, default="")

    class Meta:
        db_table = "kernel_reader"


class Turn(models.Model):
    """Whose turn a periodic job is, and when the next one comes."""

    name = models.CharField(max_length=200, primary_key=True)
    next_at = models.DateTimeField()
    owner = models.CharField(max_length=100, default="")
    lease_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "kernel_turn"


class Work(models.Model):
    """A row of work: any worker may claim it; `attempt` fences off one whose lease ran out."""

    class State(models.TextChoices):
        READY = "ready"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    state = models.CharField(max_length=10, choices=State.choices, default=State.READY)
    owner = models.CharField(max_length=100, default="", blank=True)
    attempt = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    run_after = models.DateTimeField(null=True, blank=True)
    error = models.TextField(default="", blank=True)

    class Meta:
        abstract = True
