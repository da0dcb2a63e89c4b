"""Questions that are kept to be asked again."""

from django.db import models
from django.db.models.functions import Lower


class Audience(models.Model):
    """A named question about fans. Only the question is kept: who is in is asked each time."""

    name = models.CharField(max_length=120)
    text = models.TextField()
    note = models.TextField(blank=True, default="")
    made_by = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="audiences_audience_name")]
