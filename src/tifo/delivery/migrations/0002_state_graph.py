"""The graph of a message's states, held by the database itself (M7)."""

from django.db import migrations

STEPS = (
    "planned>claimed", "planned>suppressed", "planned>expired", "planned>cancelled",
    "claimed>committing", "claimed>planned", "claimed>suppressed", "claimed>expired", "claimed>cancelled",
    "committing>accepted", "committing>refused", "committing>unknown", "committing>planned",
)
ALLOWED = ", ".join(f"'{step}'" for step in STEPS)
BAD_STEP = f"""
    OLD.state <> NEW.state
    AND (OLD.state || '>' || NEW.state) NOT IN ({ALLOWED})
    AND NOT (OLD.state = 'unknown' AND NEW.state IN ('accepted', 'refused') AND NEW.evidence <> '')
"""
BAD_IDENTITY = "OLD.mailing_id <> NEW.mailing_id OR OLD.fan_id <> NEW.fan_id OR OLD.channel <> NEW.channel"

SQLITE_UP = f"""
CREATE TRIGGER delivery_message_first BEFORE INSERT ON delivery_message
WHEN NEW.state NOT IN ('planned', 'suppressed')
BEGIN SELECT RAISE(ABORT, 'a message begins as planned or suppressed'); END;
CREATE TRIGGER delivery_message_step BEFORE UPDATE OF state ON delivery_message
WHEN {BAD_STEP}
BEGIN SELECT RAISE(ABORT, 'this state may not follow that one'); END;
CREATE TRIGGER delivery_message_identity BEFORE UPDATE OF mailing_id, fan_id, channel ON delivery_message
WHEN {BAD_IDENTITY}
BEGIN SELECT RAISE(ABORT, 'a message stays whose it is'); END;
"""
SQLITE_DOWN = """
DROP TRIGGER delivery_message_first;
DROP TRIGGER delivery_message_step;
DROP TRIGGER delivery_message_identity;
"""
POSTGRESQL_UP = f"""
CREATE FUNCTION delivery_message_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a message begins as planned or suppressed' USING ERRCODE = 'check_violation'; END $$;
CREATE FUNCTION delivery_message_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'this state may not follow that one' USING ERRCODE = 'check_violation'; END $$;
CREATE FUNCTION delivery_message_identity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a message stays whose it is' USING ERRCODE = 'check_violation'; END $$;
CREATE TRIGGER delivery_message_first BEFORE INSERT ON delivery_message FOR EACH ROW
WHEN (NEW.state NOT IN ('planned', 'suppressed')) EXECUTE FUNCTION delivery_message_first();
CREATE TRIGGER delivery_message_step BEFORE UPDATE OF state ON delivery_message FOR EACH ROW
WHEN ({BAD_STEP}) EXECUTE FUNCTION delivery_message_step();
CREATE TRIGGER delivery_message_identity BEFORE UPDATE OF mailing_id, fan_id, channel ON delivery_message
FOR EACH ROW WHEN ({BAD_IDENTITY}) EXECUTE FUNCTION delivery_message_identity();
"""
POSTGRESQL_DOWN = """
DROP TRIGGER delivery_message_first ON delivery_message;
DROP TRIGGER delivery_message_step ON delivery_message;
DROP TRIGGER delivery_message_identity ON delivery_message;
DROP FUNCTION delivery_message_first;
DROP FUNCTION delivery_message_step;
DROP FUNCTION delivery_message_identity;
"""


def _statements(text):
    """Split at lines that end a statement of SQLite (a trigger ends with END;)."""
    return [part + "END" for part in text.split("END;") if part.strip()]


def up(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL_UP, params=None)
        return
    for statement in _statements(SQLITE_UP):
        schema_editor.execute(statement, params=None)


def down(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL_DOWN, params=None)
        return
    for statement in filter(str.strip, SQLITE_DOWN.split(";")):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("delivery", "0001_initial")]
    operations = [migrations.RunPython(up, down)]
