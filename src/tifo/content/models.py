"""The library's tables: blocks, their texts per language, and every version they had."""

from django.conf import settings
from django.db import models


class BlockRow(models.Model):
    """A block of a collection ("" is the shared library of the studio)."""

    collection = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=64)
    kind = models.CharField(max_length=10, choices=[("markdown", "Markdown"), ("mjml", "MJML")])
    when = models.TextField(blank=True)
    topics = models.JSONField(default=list)
    fallback = models.CharField(max_length=20, blank=True)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        db_table = "content_block"
        constraints = [
            models.UniqueConstraint(fields=["collection", "name"], name="content_block_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["markdown", "mjml"]), name="content_block_kind_known"
            ),
        ]


class TextRow(models.Model):
    """A block's text in one language; a review is of these very words and goes when they change."""

    block = models.ForeignKey(BlockRow, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(max_length=20)
    source = models.TextField()
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "content_text"
        constraints = [models.UniqueConstraint(fields=["block", "language"], name="content_text_once")]


class VersionRow(models.Model):
    """What a block was at one version, whole."""

    block = models.ForeignKey(BlockRow, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    content = models.JSONField()
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        db_table = "content_version"
        constraints = [models.UniqueConstraint(fields=["block", "version"], name="content_version_once")]
