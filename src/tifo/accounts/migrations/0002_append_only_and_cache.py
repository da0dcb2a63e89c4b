"""The database itself keeps the audit trail: entries are added, never changed; its head only moves forward.

And the table of Django's cache: sign-in limits count across processes, machines and restarts.
"""

from django.db import migrations

SQLITE = [
    """CREATE TRIGGER accounts_audit_unchanged BEFORE UPDATE ON accounts_auditentry
       BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END""",
    """CREATE TRIGGER accounts_audit_kept BEFORE DELETE ON accounts_auditentry
       BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END""",
    """CREATE TRIGGER accounts_audit_head_forward BEFORE UPDATE ON accounts_audithead
       WHEN NEW.sequence < OLD.sequence OR NEW.checkpoints < OLD.checkpoints
       BEGIN SELECT RAISE(ABORT, 'the audit trail does not go back'); END""",
    """CREATE TRIGGER accounts_audit_head_kept BEFORE DELETE ON accounts_audithead
       BEGIN SELECT RAISE(ABORT, 'the audit trail does not go back'); END""",
    """CREATE TABLE accounts_cache (
         cache_key varchar(255) NOT NULL PRIMARY KEY, value text NOT NULL, expires datetime NOT NULL)""",
    "CREATE INDEX accounts_cache_expires ON accounts_cache (expires)",
]
SQLITE_BACK = [
    "DROP TABLE accounts_cache",
    "DROP TRIGGER accounts_audit_head_kept",
    "DROP TRIGGER accounts_audit_head_forward",
    "DROP TRIGGER accounts_audit_kept",
    "DROP TRIGGER accounts_audit_unchanged",
]
POSTGRESQL = [
    """CREATE FUNCTION accounts_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'integrity_constraint_violation';
       END $$""",
    """CREATE TRIGGER accounts_audit_append_only BEFORE UPDATE OR DELETE ON accounts_auditentry
       FOR EACH ROW EXECUTE FUNCTION accounts_audit_append_only()""",
    """CREATE TRIGGER accounts_audit_not_emptied BEFORE TRUNCATE ON accounts_auditentry
       FOR EACH STATEMENT EXECUTE FUNCTION accounts_audit_append_only()""",
    """CREATE FUNCTION accounts_audit_forward() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF TG_OP = 'UPDATE' AND NEW.sequence >= OLD.sequence AND NEW.checkpoints >= OLD.checkpoints THEN
           RETURN NEW;
         END IF;
         RAISE EXCEPTION 'the audit trail does not go back' USING ERRCODE = 'integrity_constraint_violation';
       END $$""",
    """CREATE TRIGGER accounts_audit_head_forward BEFORE UPDATE OR DELETE ON accounts_audithead
       FOR EACH ROW EXECUTE FUNCTION accounts_audit_forward()""",
    """CREATE TABLE accounts_cache (
         cache_key varchar(255) NOT NULL PRIMARY KEY, value text NOT NULL,
         expires timestamp with time zone NOT NULL)""",
    "CREATE INDEX accounts_cache_expires ON accounts_cache (expires)",
]
POSTGRESQL_BACK = [
    "DROP TABLE accounts_cache",
    "DROP TRIGGER accounts_audit_head_forward ON accounts_audithead",
    "DROP FUNCTION accounts_audit_forward()",
    "DROP TRIGGER accounts_audit_not_emptied ON accounts_auditentry",
    "DROP TRIGGER accounts_audit_append_only ON accounts_auditentry",
    "DROP FUNCTION accounts_audit_append_only()",
]


def _run(sqlite, postgresql):
    def run(apps, schema_editor):
        for statement in sqlite if schema_editor.connection.vendor == "sqlite" else postgresql:
            schema_editor.execute(statement, params=None)

    return run


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunPython(_run(SQLITE, POSTGRESQL), _run(SQLITE_BACK, POSTGRESQL_BACK))]
