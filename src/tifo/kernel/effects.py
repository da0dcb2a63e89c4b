"""What reaches beyond the database waits until nothing there is open any more."""

from django.db import connections
from django.db.transaction import TransactionManagementError


def outside_transactions() -> None:
    """Refuse an effect (mail handed over, a mailbox emptied) while a transaction is open: it could be rolled back, and
    the effect could not; and whoever waits for a far server would keep its locks (W5)."""
    for connection in connections.all(initialized_only=True):
        # a test's own transaction around everything is no transaction of ours
        if not all(getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
            raise TransactionManagementError(
                "what reaches beyond the database must wait until the transaction is over"
            )
