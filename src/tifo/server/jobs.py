"""What the worker does for the house itself."""

from django.db import connection

from tifo.kernel.public import job


@job(every=600)
def empty_the_log() -> bool:
    """SQLite's write-ahead log keeps old pages until they are written over: what was erased must go from there too."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # busy now: the next time
            cursor.fetchall()
    return False
