"""The database itself keeps what was published: the log, the rules by version, and the frozen trees stay as written."""

from django.db import migrations

KEPT = ("logentry", "rules", "tree")

SQLITE = [
    f"""CREATE TRIGGER rewards_{table}_{what.lower()} BEFORE {what} ON rewards_{table}
        BEGIN SELECT RAISE(ABORT, 'what was published of a draw is append-only'); END"""
    for table in KEPT
    for what in ("UPDATE", "DELETE")
]
SQLITE_BACK = [f"DROP TRIGGER rewards_{table}_{what}" for table in KEPT for what in ("update", "delete")]
POSTGRESQL = [
    """CREATE FUNCTION rewards_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         RAISE EXCEPTION 'what was published of a draw is append-only'
             USING ERRCODE = 'integrity_constraint_violation';
       END $$""",
    *(
        f"""CREATE TRIGGER rewards_{table}_kept BEFORE UPDATE OR DELETE ON rewards_{table}
            FOR EACH ROW EXECUTE FUNCTION rewards_append_only()"""
        for table in KEPT
    ),
]
POSTGRESQL_BACK = [
    *(f"DROP TRIGGER rewards_{table}_kept ON rewards_{table}" for table in KEPT),
    "DROP FUNCTION rewards_append_only()",
]


def _run(sqlite, postgresql):
    def run(apps, schema_editor):
        for statement in sqlite if schema_editor.connection.vendor == "sqlite" else postgresql:
            schema_editor.execute(statement, params=None)

    return run


class Migration(migrations.Migration):
    dependencies = [("rewards", "0001_initial")]

    operations = [migrations.RunPython(_run(SQLITE, POSTGRESQL), _run(SQLITE_BACK, POSTGRESQL_BACK))]
