"""What waits for a confirmation, and which account is whose."""

from django.conf import settings
from django.db import models


class Joining(models.Model):
    """A wish to join, until the owner of the address confirms it; then only that it was confirmed."""

    destination_key = models.BinaryField()  # finds it when its owner asks to be forgotten
    wish = models.TextField()  # JSON; empty once confirmed
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    confirmed_at = models.DateTimeField(null=True)
    fan = models.ForeignKey("fans.Fan", on_delete=models.PROTECT, null=True)

    class Meta:
        db_table = "fanclub_joining"


class Seat(models.Model):
    """An account that a fan was given here, so that it closes when she is erased.

    It opens nothing: whose page an account sees is decided at each request, by the address that it has proved.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, primary_key=True)
    fan = models.ForeignKey("fans.Fan", on_delete=models.PROTECT)

    class Meta:
        db_table = "fanclub_seat"
