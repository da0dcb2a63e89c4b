"""A doubt may be planned again where the relay's log proves, behind a fence, that it never took the message (M6, M7)."""

from django.db import migrations, models

STEPS = (
    "planned>claimed", "planned>suppressed", "planned>expired", "planned>cancelled",
    "claimed>committing", "claimed>planned", "claimed>suppressed", "claimed>expired", "claimed>cancelled",
    "committing>accepted", "committing>refused", "committing>unknown", "committing>planned",
)
ALLOWED = ", ".join(f"'{step}'" for step in STEPS)
SETTLED = "NEW.state IN ('accepted', 'refused') AND NEW.evidence <> ''"
AGAIN = "NEW.state = 'planned' AND NEW.evidence LIKE 'relay never took it%'"


def bad_step(settled):
    return (
        "OLD.state <> NEW.state "
        f"AND (OLD.state || '>' || NEW.state) NOT IN ({ALLOWED}) "
        f"AND NOT (OLD.state = 'unknown' AND ({settled}))"
    )


def _replace(schema_editor, settled):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER delivery_message_step ON delivery_message", params=None)
        schema_editor.execute(
            "CREATE TRIGGER delivery_message_step BEFORE UPDATE OF state ON delivery_message FOR EACH ROW "
            f"WHEN ({bad_step(settled)}) EXECUTE FUNCTION delivery_message_step()",
            params=None,
        )
        return
    schema_editor.execute("DROP TRIGGER delivery_message_step", params=None)
    schema_editor.execute(
        "CREATE TRIGGER delivery_message_step BEFORE UPDATE OF state ON delivery_message "
        f"WHEN {bad_step(settled)} BEGIN SELECT RAISE(ABORT, 'this state may not follow that one'); END",
        params=None,
    )


def up(apps, schema_editor):
    _replace(schema_editor, f"({SETTLED}) OR ({AGAIN})")


def down(apps, schema_editor):
    _replace(schema_editor, SETTLED)


class Migration(migrations.Migration):
    dependencies = [("delivery", "0004_feedback")]
    operations = [
        migrations.RunPython(up, down),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("state", "unknown")), fields=["id"], name="delivery_message_doubt"
            ),
        ),
    ]
