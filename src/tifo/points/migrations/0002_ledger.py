"""The ledger is kept by the database itself: what was written stays, and `points_entry` shows each transfer as its
two entries."""

from django.db import migrations

KEPT = ("rule", "deed", "transfer", "lotmove")

SQLITE = [
    f"""CREATE TRIGGER points_{table}_{what.lower()} BEFORE {what} ON points_{table}
        BEGIN SELECT RAISE(ABORT, 'the points ledger is append-only'); END"""
    for table in KEPT
    for what in ("UPDATE", "DELETE")
]
SQLITE_BACK = [f"DROP TRIGGER points_{table}_{what}" for table in KEPT for what in ("update", "delete")]
POSTGRESQL = [
    """CREATE FUNCTION points_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         RAISE EXCEPTION 'the points ledger is append-only' USING ERRCODE = 'integrity_constraint_violation';
       END $$""",
    *(
        f"""CREATE TRIGGER points_{table}_kept BEFORE UPDATE OR DELETE ON points_{table}
            FOR EACH ROW EXECUTE FUNCTION points_append_only()"""
        for table in KEPT
    ),
]
POSTGRESQL_BACK = [
    *(f"DROP TRIGGER points_{table}_kept ON points_{table}" for table in KEPT),
    "DROP FUNCTION points_append_only()",
]
ENTRIES = """CREATE VIEW points_entry AS
    SELECT id AS transfer_id, debit_id AS account_id, currency, -amount AS amount, effective_at FROM points_transfer
    UNION ALL
    SELECT id AS transfer_id, credit_id AS account_id, currency, amount, effective_at FROM points_transfer"""


def _run(sqlite, postgresql):
    def run(apps, schema_editor):
        for statement in sqlite if schema_editor.connection.vendor == "sqlite" else postgresql:
            schema_editor.execute(statement, params=None)

    return run


class Migration(migrations.Migration):
    dependencies = [("points", "0001_initial")]

    operations = [
        migrations.RunPython(_run(SQLITE, POSTGRESQL), _run(SQLITE_BACK, POSTGRESQL_BACK)),
        migrations.RunSQL(ENTRIES, "DROP VIEW points_entry"),
    ]
