"""What waits for a confirmation, and which account is whose."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Joining(models.Model):
    """A wish to join, until the owner of the address confirms it; then only that it was confirmed."""

    destination_key = models.BinaryField()  # finds it when its owner asks to be forgotten
    wish = models.TextField()  # JSON; empty once confirmed
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    confirmed_at = models.DateTimeField(null=True)
    fan = models.ForeignKey("fans.Fan", on_delete=models.PROTECT, null=True)
    source = models.CharField(max_length=40, default="")
    key = models.CharField(max_length=160, null=True, unique=True)  # of a program that may tell it twice

    class Meta:
        db_table = "fanclub_joining"
        indexes = [models.Index(fields=["source"], condition=~Q(source=""), name="fanclub_joining_source")]


class Source(models.Model):
    """A place elsewhere from which people join: another site, a poster, a program."""

    code = models.SlugField(max_length=40, primary_key=True)
    name = models.CharField(max_length=100)
    campaign = models.CharField(max_length=100, default="")
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)


class Seat(models.Model):
    """An account that a fan was given here, so that it closes when she is erased.

    It opens nothing: whose page an account sees is decided at each request, by the address that it has proved.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, primary_key=True)
    fan = models.ForeignKey("fans.Fan", on_delete=models.PROTECT)

    class Meta:
        db_table = "fanclub_seat"


class News(models.Model):
    """Something that members read on their first page. `texts`: by language, title and text."""

    texts = models.JSONField()
    published_at = models.DateTimeField(db_index=True)
    until = models.DateTimeField(null=True)
    link = models.CharField(max_length=500, default="")
    taken_down = models.BooleanField(default=False)
