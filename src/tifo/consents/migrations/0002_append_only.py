"""The ledger and the notices are kept by the database itself: nothing is deleted, nothing changed, but that the
proof of an erased fan may be blanked, once."""

from django.db import migrations

KEPT = (
    "id", "fan_id", "purpose", "version", "act", "moment", "recorded_at", "source", "notice_id", "proof_hash", "hash",
)

SQLITE = [
    """CREATE TRIGGER consents_entry_kept BEFORE DELETE ON consents_entry
       BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END""",
    f"""CREATE TRIGGER consents_entry_unchanged BEFORE UPDATE ON consents_entry
        WHEN NOT (NEW.proof = '' AND OLD.proof <> '' AND OLD.blanked_at IS NULL AND NEW.blanked_at IS NOT NULL
                  AND {" AND ".join(f'NEW."{name}" IS OLD."{name}"' for name in KEPT)})
        BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END""",
    """CREATE TRIGGER consents_notice_kept BEFORE DELETE ON consents_notice
       BEGIN SELECT RAISE(ABORT, 'a published notice is kept as it was'); END""",
    """CREATE TRIGGER consents_notice_unchanged BEFORE UPDATE ON consents_notice
       BEGIN SELECT RAISE(ABORT, 'a published notice is kept as it was'); END""",
]
SQLITE_BACK = [
    f"DROP TRIGGER consents_{name}"
    for name in ("entry_kept", "entry_unchanged", "notice_kept", "notice_unchanged")
]
POSTGRESQL = [
    f"""CREATE FUNCTION consents_entry_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'UPDATE' AND NEW.proof = '' AND OLD.proof <> '' AND OLD.blanked_at IS NULL
             AND NEW.blanked_at IS NOT NULL
             AND {" AND ".join(f'NEW."{name}" IS NOT DISTINCT FROM OLD."{name}"' for name in KEPT)} THEN
            RETURN NEW;
          END IF;
          RAISE EXCEPTION 'the consent ledger is append-only' USING ERRCODE = 'integrity_constraint_violation';
        END $$""",
    """CREATE TRIGGER consents_entry_append_only BEFORE UPDATE OR DELETE ON consents_entry
       FOR EACH ROW EXECUTE FUNCTION consents_entry_append_only()""",
    """CREATE FUNCTION consents_notice_kept() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         RAISE EXCEPTION 'a published notice is kept as it was' USING ERRCODE = 'integrity_constraint_violation';
       END $$""",
    """CREATE TRIGGER consents_notice_kept BEFORE UPDATE OR DELETE ON consents_notice
       FOR EACH ROW EXECUTE FUNCTION consents_notice_kept()""",
]
POSTGRESQL_BACK = [
    "DROP TRIGGER consents_entry_append_only ON consents_entry",
    "DROP FUNCTION consents_entry_append_only()",
    "DROP TRIGGER consents_notice_kept ON consents_notice",
    "DROP FUNCTION consents_notice_kept()",
]


def _run(sqlite, postgresql):
    def run(apps, schema_editor):
        for statement in sqlite if schema_editor.connection.vendor == "sqlite" else postgresql:
            schema_editor.execute(statement, params=None)

    return run


class Migration(migrations.Migration):
    dependencies = [("consents", "0001_initial")]

    operations = [migrations.RunPython(_run(SQLITE, POSTGRESQL), _run(SQLITE_BACK, POSTGRESQL_BACK))]
