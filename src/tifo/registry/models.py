"""Tables: the imports of people, as work that can be taken up where it was left."""

from django.db import models

from tifo.kernel.public import Work


class ImportRun(Work):
    """One file of people on its way into the base. It holds no fact about anybody, only figures and choices."""

    class Step(models.TextChoices):
        MAPPING = "mapping"  # waits for a person to say what the columns are
        CHECKING = "checking"  # staged and tried, nothing written
        CHECKED = "checked"  # waits for a person to say: import
        IMPORTING = "importing"
        IMPORTED = "imported"

    step = models.CharField(max_length=10, choices=Step.choices, default=Step.MAPPING)
    source = models.TextField(default="")
    file_name = models.TextField(default="")
    sha256 = models.CharField(max_length=64)
    reading = models.JSONField(default=dict)  # types.Reading
    fingerprint = models.CharField(
        max_length=64, default=""
    )  # of file, source and reading: the same run again
    language = models.CharField(max_length=10, default="en")  # of the reasons in the rejects file
    by_worker = models.BooleanField(default=False)  # the file lies with us; else the command has it
    actor_id = models.BigIntegerField(
        null=True
    )  # accounts.User; no key: the entry in the audit trail says who
    made_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    handed_over = models.BooleanField(default=False)  # the command has printed the result

    staged = models.BooleanField(default=False)
    chunks = models.IntegerField(default=0)
    chunk = models.IntegerField(default=0)  # the next to merge
    taste_chunks = models.IntegerField(default=-1)  # -1: tastes aren't gathered yet
    taste_chunk = models.IntegerField(default=0)
    percent = models.IntegerField(default=0)

    read = models.BigIntegerField(default=0)
    created = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    # What the dry run foresees
    would_create = models.BigIntegerField(default=0)
    would_update = models.BigIntegerField(default=0)
    would_reject = models.BigIntegerField(default=0)
    has_rejects = models.BooleanField(default=False)
    files_gone = models.BooleanField(default=False)  # expired, or an erasure swept them

    class Meta:
        db_table = "registry_import"
        indexes = [models.Index(fields=["fingerprint"], name="registry_import_same")]
