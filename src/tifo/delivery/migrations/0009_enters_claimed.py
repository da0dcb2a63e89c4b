"""A message may begin as claimed by the one who enters it: planned and claimed in one write."""

from django.db import migrations

BEFORE = "NEW.state NOT IN ('planned', 'suppressed')"
AFTER = f"{BEFORE} AND NOT (NEW.state = 'claimed' AND NEW.owner <> '' AND NEW.attempt = 1)"
SAYS = "a message begins as planned, claimed by its owner, or suppressed"

SQLITE = """
CREATE TRIGGER delivery_message_first BEFORE INSERT ON delivery_message
WHEN {bad} BEGIN SELECT RAISE(ABORT, '{says}'); END
"""
POSTGRESQL = """
CREATE OR REPLACE FUNCTION delivery_message_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{says}' USING ERRCODE = 'check_violation'; END $$;
DROP TRIGGER delivery_message_first ON delivery_message;
CREATE TRIGGER delivery_message_first BEFORE INSERT ON delivery_message FOR EACH ROW
WHEN ({bad}) EXECUTE FUNCTION delivery_message_first()
"""


def first(schema_editor, bad, says):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL.format(bad=bad, says=says), params=None)
        return
    schema_editor.execute("DROP TRIGGER delivery_message_first", params=None)
    schema_editor.execute(SQLITE.format(bad=bad, says=says), params=None)


def up(apps, schema_editor):
    first(schema_editor, AFTER, SAYS)


def down(apps, schema_editor):
    first(schema_editor, BEFORE, "a message begins as planned or suppressed")


class Migration(migrations.Migration):
    dependencies = [("delivery", "0008_rests")]
    operations = [migrations.RunPython(up, down)]
