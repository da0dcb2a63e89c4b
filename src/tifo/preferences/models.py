"""Topics, what fans like of them, and why we believe it.

The fan columns carry no foreign key: a fan's row is never deleted, ids come from the fans themselves, and a constraint
checked for each of millions of rows costs more than the rest of the write.
"""

from django.db import models

from tifo.preferences.types import KINDS


class Topic(models.Model):
    """Something that a fan may like."""

    slug = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=10, default="theme")
    names = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=KINDS), name="preferences_topic_kind_known")
        ]


class Preference(models.Model):
    """What one fan likes of one topic. The lake copies it: each write stamps `rev`; rows are never deleted.

    `declared`: what she, or an import for her, said; NULL: nothing, or taken back. `mass`: evidence, told at a fixed
    moment (see rules.scoring). `score`: what counts, brought up to date by each write and by the nightly fading.
    """

    fan_id = models.BigIntegerField()
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT)
    declared = models.FloatField(null=True)
    declared_at = models.DateTimeField(null=True)
    declared_source = models.CharField(max_length=100, default="")
    mass = models.FloatField(default=0)
    score = models.FloatField(default=0)
    rev = models.BigIntegerField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fan_id", "topic"], name="preferences_once"),
            models.CheckConstraint(
                condition=models.Q(score__gte=0, score__lte=1), name="preferences_score_between_0_and_1"
            ),
            models.CheckConstraint(
                condition=models.Q(declared__isnull=True) | models.Q(declared__gte=0, declared__lte=1),
                name="preferences_declared_between_0_and_1",
            ),
        ]


class Evidence(models.Model):
    """One act that speaks for a topic. `reference` names it, so that it counts once however often it is told.

    `forgotten`: she said that it says nothing about her; the row stays, weightless, so that it is not learnt again.
    """

    fan_id = models.BigIntegerField()
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT)
    source = models.CharField(max_length=20)
    reference = models.CharField(max_length=100)
    weight = models.FloatField()
    mass = (
        models.FloatField()
    )  # the weight told at the fixed moment of rules.scoring, so that SQL can add it up
    at = models.DateTimeField(db_index=True)
    forgotten = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fan_id", "topic", "source", "reference"], name="preferences_evidence_once"
            ),
            models.CheckConstraint(condition=models.Q(weight__gte=0), name="preferences_evidence_weight"),
        ]


class Fading(models.Model):
    """One row: how far the fading of a day has come."""

    id = models.SmallIntegerField(primary_key=True)
    day = models.DateField(null=True)
    upto = models.BigIntegerField(default=0)
    done = models.BooleanField(default=False)
