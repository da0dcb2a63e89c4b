"""The door of the kernel."""

from tifo.kernel import archive, bulk, clock, console, jobs, marked, revisions, tokens
from tifo.kernel.crash import crash_point
from tifo.kernel.effects import outside_transactions
from tifo.kernel.errors import Refused, Said, sentence
from tifo.kernel.events import Event, announce, deliver_events, failing_reactions, reactions, reacts_to
from tifo.kernel.jobs import job
from tifo.kernel.models import Work
from tifo.kernel.paths import data_path
from tifo.kernel.promises import Broken
from tifo.kernel.redaction import redact, without_addresses
from tifo.kernel.snapshot import snapshot

__all__ = [
    "Broken",
    "Event",
    "Refused",
    "Said",
    "Work",
    "announce",
    "archive",
    "bulk",
    "clock",
    "console",
    "crash_point",
    "data_path",
    "deliver_events",
    "failing_reactions",
    "job",
    "jobs",
    "marked",
    "outside_transactions",
    "reactions",
    "reacts_to",
    "redact",
    "revisions",
    "sentence",
    "snapshot",
    "tokens",
    "without_addresses",
]
