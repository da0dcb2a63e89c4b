"""Tables: quests, who played them, what she chose, how predictions were settled, and what single kinds keep.

A fan is named by a plain number: a fan's row is never deleted. Constraints keep one play for each fan and quest.
"""

from django.db import models
from django.db.models import Q

from tifo.quests.types import GUEST_STATES, PLAY_STATES


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


class Appeal(models.Model):
    """She asks for a second look at an activity that a person turned away: once for each play, and is answered."""

    play = models.OneToOneField(Play, on_delete=models.CASCADE)
    words = models.CharField(max_length=500)
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=500, default="")
    answered_at = models.DateTimeField(null=True)


class Game(models.Model):
    """A memory as it lies on her table. `deal`: the card of each place; what it is, no page says before she turns it."""

    play = models.OneToOneField(Play, on_delete=models.CASCADE)
    deal = models.JSONField()
    found = models.JSONField(default=list)  # places that lie open for good
    turned = models.JSONField(default=list)  # places that lie open now, two at most
    moves = models.IntegerField(default=0)
    steps = models.IntegerField(default=0)  # so that a tap told twice is one


class Photo(models.Model):
    """The photo of a play; its file lies below TIFO_DATA/photos and goes with the row, or at `until`."""

    play = models.OneToOneField(Play, on_delete=models.CASCADE)
    file = models.CharField(max_length=40, unique=True)
    digest = models.BinaryField()
    width = models.IntegerField()
    height = models.IntegerField()
    show = models.BooleanField(default=False)  # she said that other members may see it
    until = models.DateTimeField(db_index=True)


class Team(models.Model):
    """Fans who play together. `code` lets friends in; others read `name` only once staff let it in."""

    quest = models.ForeignKey(Quest, on_delete=models.PROTECT, db_index=False)
    number = models.IntegerField()
    name = models.CharField(max_length=40)
    name_shown = models.BooleanField(default=False)
    code = models.CharField(max_length=12, unique=True)
    founded_at = models.DateTimeField()
    total = models.BigIntegerField(default=0)  # what its members did, as it was last added up
    reached_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index("quest", models.F("total").desc(), name="quests_team_total")]
        constraints = [models.UniqueConstraint(fields=["quest", "number"], name="quests_team_number")]


class Member(models.Model):
    """A fan in a team: in one for each quest."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE)
    quest = models.ForeignKey(Quest, on_delete=models.PROTECT, db_index=False)
    fan_id = models.BigIntegerField(db_index=True)
    joined_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["quest", "fan_id"], name="quests_member_once")]


class Invitation(models.Model):
    """The link of a fan: whoever joins by it is her guest."""

    play = models.OneToOneField(Play, on_delete=models.CASCADE)
    code = models.CharField(max_length=16, unique=True)


class Guest(models.Model):
    """Somebody who joined by a fan's link: counted once, whoever invited. `fan_id` goes when she is erased."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE)
    fan_id = models.BigIntegerField(unique=True, null=True)
    state = models.CharField(max_length=8)
    because = models.CharField(max_length=20, default="")
    came_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(state__in=GUEST_STATES), name="quests_guest_state")]
