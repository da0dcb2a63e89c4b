"""PostgreSQL: identities and searched names are compared byte by byte, so that a beginning is found by the index
(SQLite does so already)."""

from django.db import migrations


def _plain(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute('ALTER TABLE fans_identity ALTER COLUMN "key" TYPE text COLLATE "C"')
    schema_editor.execute(
        'ALTER TABLE fans_fan ALTER COLUMN last_key TYPE text COLLATE "C", '
        'ALTER COLUMN first_key TYPE text COLLATE "C"'
    )


class Migration(migrations.Migration):
    dependencies = [("fans", "0001_initial")]

    operations = [migrations.RunPython(_plain, migrations.RunPython.noop)]
