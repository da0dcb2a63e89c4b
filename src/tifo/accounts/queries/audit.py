"""The daily check of the audit trail (V1)."""

from tifo.accounts.queries.audit_trail import verify_audit
from tifo.kernel.public import Broken
from tifo.kernel.public import sentence as _

_SHOWN = 5


def broken_promises() -> list[Broken]:
    """What does not hold now; empty where all is well."""
    problems = verify_audit()
    if not problems:
        return []
    return [
        Broken(
            "V1",
            len(problems),
            _("The audit trail is not as it was written."),
            _(
                "Find out who wrote into the database by hand. After restoring a backup it says so too: then release."
            ),
            tuple(problems[:_SHOWN]),
        )
    ]
