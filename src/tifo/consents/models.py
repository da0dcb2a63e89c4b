"""Tables: purposes, notices, the append-only ledger, and its fold.

Ledger and heads name the fan by a plain number: a foreign key would be checked once a row on imports of millions,
and guards nothing, because a fan's row is never deleted.
"""

from django.db import models


class Purpose(models.Model):
    """Why we use data of a fan."""

    key = models.SlugField(primary_key=True, max_length=40)
    legal_class = models.CharField(max_length=10)
    names = models.JSONField()  # language -> text
    descriptions = models.JSONField()
    double_opt_in = models.BooleanField()
    position = models.IntegerField()

    class Meta:
        db_table = "consents_purpose"


class Notice(models.Model):
    """The exact wording shown; a trigger keeps it as it is."""

    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="notices")
    version = models.IntegerField()
    language = models.CharField(max_length=12)
    text = models.TextField()
    hash = models.CharField(max_length=64)  # SHA-256 of the text in UTF-8, hexadecimal
    published_at = models.DateTimeField()

    class Meta:
        db_table = "consents_notice"
        constraints = [
            models.UniqueConstraint(fields=["purpose", "version", "language"], name="consents_notice_once")
        ]


class Entry(models.Model):
    """One answer, for ever. A trigger allows one change only: blanking the proof of somebody erased."""

    fan_id = models.BigIntegerField()
    purpose = models.CharField(max_length=40)
    version = models.IntegerField()  # 1, 2, 3… for this fan and purpose
    act = models.CharField(max_length=10)  # requested, given, withdrawn
    moment = models.DateTimeField()  # when she said it
    recorded_at = models.DateTimeField()  # when we wrote it
    source = models.TextField()
    notice_id = models.BigIntegerField(null=True)
    proof = models.TextField()  # salted JSON; empty: none, or blanked
    proof_hash = models.BinaryField(null=True)  # SHA-256 of `proof`; NULL: there never was one
    blanked_at = models.DateTimeField(null=True)
    hash = models.BinaryField()  # SHA-256 over the hash before and this line, see rules.chain

    class Meta:
        db_table = "consents_entry"
        constraints = [
            models.UniqueConstraint(fields=["fan_id", "purpose", "version"], name="consents_entry_once"),
            models.CheckConstraint(
                condition=models.Q(act__in=["requested", "given", "withdrawn"]), name="consents_entry_act"
            ),
        ]


class Head(models.Model):
    """The fold of a fan's ledger for a purpose: where she stands now, and the tip of the chain."""

    fan_id = models.BigIntegerField()
    purpose = models.CharField(max_length=40)
    state = models.CharField(max_length=10)  # none (only inside a transaction), pending, given, withdrawn
    version = models.IntegerField()
    moment = models.DateTimeField()
    tip = models.BinaryField()
    rev = models.BigIntegerField(db_index=True)

    class Meta:
        db_table = "consents_head"
        constraints = [models.UniqueConstraint(fields=["fan_id", "purpose"], name="consents_head_once")]
