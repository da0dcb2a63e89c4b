"""Everything the database holds, as text: to look for what should not be there."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


def everything() -> str:
    """All rows of all tables."""
    lines: list[str] = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            lines += [f"{table}: {row!r}" for row in cursor.fetchall()]
    return "\n".join(lines)


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside leaves no trace: for examples of one property that must not see each other."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
