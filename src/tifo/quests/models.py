"""Tables: quests, who played them, what she chose, and how predictions were settled.

A fan is named by a plain number: a fan's row is never deleted. Constraints keep one play for each fan and quest.
"""

from django.db import models
from django.db.models import Q

from tifo.quests.types import PLAY_STATES


class Quest(models.Model):
    """A quest; `source` is its file, from which all else of it is read. The last version counts."""

    name = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=20)
    source = models.TextField()
    version = models.IntegerField(default=1)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    opened_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["closes_at"], name="quests_quest_closes")]


class Play(models.Model):
    """A fan with a quest, once. `learn`: she said that we may learn from it what she likes.

    `quantity`: of what the kind counts. `deed`: the name under which points were earned for it, empty for none.
    """

    quest = models.ForeignKey(Quest, on_delete=models.PROTECT, db_index=False)
    fan_id = models.BigIntegerField(db_index=True)
    state = models.CharField(max_length=8)
    quantity = models.BigIntegerField(default=0)
    result = models.CharField(max_length=80, default="")
    learn = models.BooleanField(default=False)
    tries = models.IntegerField(default=0)
    deed = models.CharField(max_length=120, default="")
    settled = models.IntegerField(default=0)  # the number of the settling by which it was paid last
    started_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["quest", "settled"], name="quests_play_settled"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["quest", "fan_id"], name="quests_play_once"),
            models.CheckConstraint(condition=Q(state__in=PLAY_STATES), name="quests_play_state"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="quests_play_quantity"),
        ]


class Pick(models.Model):
    """An option that she chose."""

    play = models.ForeignKey(Play, on_delete=models.CASCADE, db_index=False)
    question = models.CharField(max_length=10)
    option = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["play", "question", "option"], name="quests_pick_once")
        ]


class Settlement(models.Model):
    """The result of a prediction as staff said it; a correction is the next number."""

    quest = models.ForeignKey(Quest, on_delete=models.PROTECT, db_index=False)
    number = models.IntegerField()
    right = models.JSONField()
    actor_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["quest", "number"], name="quests_settlement_once")]


class Activity(models.Model):
    """What a play's recording said; of one activity there is one, whoever hands it in and in what format."""

    play = models.OneToOneField(Play, on_delete=models.CASCADE)
    digest = models.CharField(max_length=64, unique=True)
    started_at = models.DateTimeField()
    metres = models.IntegerField()
    seconds = models.IntegerField()
    doubts = models.JSONField(default=list)
    rules = models.IntegerField()  # the version of the rules of doubt
