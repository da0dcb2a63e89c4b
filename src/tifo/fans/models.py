"""Tables: a fan, the identities she is found by, and the hashes of those who asked to be forgotten."""

from django.db import models


class Fan(models.Model):
    """One person. The row is never deleted: erasing blanks it. NULL: not known."""

    email = models.TextField(null=True)  # as typed; compared by its identity
    phone = models.TextField(null=True)  # E.164
    first_name = models.TextField(null=True)
    last_name = models.TextField(null=True)
    birth_date = models.DateField(null=True)
    gender = models.TextField(null=True)
    language = models.TextField(null=True)
    country = models.TextField(null=True)
    postcode = models.TextField(null=True)
    timezone = models.TextField(null=True)
    external_id = models.TextField(null=True)
    source = models.TextField()  # where she first came from; stays with her
    joined_at = models.DateTimeField()
    member_since = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)
    # The names as they are searched: without case and accents.
    first_key = models.TextField(default="")
    last_key = models.TextField(default="")
    # Which import met her last and what it said of her (bits of rules.FIELDS): its first value stays.
    seen_run = models.TextField(default="")
    seen_fields = models.IntegerField(default=0)
    rev = models.BigIntegerField(db_index=True)

    class Meta:
        db_table = "fans_fan"
        indexes = [models.Index(fields=["last_key", "first_key"], name="fans_fan_names")]


class Identity(models.Model):
    """Something only one fan has. A fan may have several of a kind: older addresses still find her."""

    kind = models.CharField(max_length=8)  # email, phone, external
    key = models.TextField()  # canonical
    fan = models.ForeignKey(Fan, on_delete=models.PROTECT, related_name="identities")

    class Meta:
        db_table = "fans_identity"
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="fans_identity_once")]


class Erased(models.Model):
    """The keyed hash of an identity whose owner asked to be forgotten: no import brings her back."""

    hash = models.BinaryField(primary_key=True)
    erased_at = models.DateTimeField()

    class Meta:
        db_table = "fans_erased"
