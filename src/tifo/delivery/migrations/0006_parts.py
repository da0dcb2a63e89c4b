"""The sums of a mailing's parts: cleared by the database itself when a message leaves `unknown` after all."""

from django.db import migrations, models

SQLITE_UP = """
CREATE TRIGGER delivery_message_settled AFTER UPDATE OF state ON delivery_message
WHEN OLD.state = 'unknown' AND NEW.state <> 'unknown'
BEGIN UPDATE delivery_part SET sums = NULL WHERE mailing_id = NEW.mailing_id AND chunk = NEW.chunk; END
"""
SQLITE_DOWN = "DROP TRIGGER delivery_message_settled"
POSTGRESQL_UP = """
CREATE FUNCTION delivery_message_settled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE delivery_part SET sums = NULL WHERE mailing_id = NEW.mailing_id AND chunk = NEW.chunk;
    RETURN NULL;
END $$;
CREATE TRIGGER delivery_message_settled AFTER UPDATE OF state ON delivery_message FOR EACH ROW
WHEN (OLD.state = 'unknown' AND NEW.state <> 'unknown') EXECUTE FUNCTION delivery_message_settled();
"""
POSTGRESQL_DOWN = """
DROP TRIGGER delivery_message_settled ON delivery_message;
DROP FUNCTION delivery_message_settled;
"""


def up(apps, schema_editor):
    postgresql = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(POSTGRESQL_UP if postgresql else SQLITE_UP, params=None)


def down(apps, schema_editor):
    postgresql = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(POSTGRESQL_DOWN if postgresql else SQLITE_DOWN, params=None)


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0005_doubts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Part',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mailing_id', models.BigIntegerField()),
                ('chunk', models.IntegerField()),
                ('sums', models.TextField(null=True)),
            ],
            options={
                'db_table': 'delivery_part',
            },
        ),
        migrations.RemoveIndex(
            model_name='message',
            name='delivery_message_chunk',
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['mailing_id', 'chunk'], name='delivery_message_part'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('state__in', ('planned', 'claimed', 'committing'))), fields=['mailing_id', 'state', 'chunk'], name='delivery_message_open'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('unsubscribed_at__isnull', False)), fields=['mailing_id'], name='delivery_message_left'),
        ),
        migrations.AddConstraint(
            model_name='part',
            constraint=models.UniqueConstraint(fields=('mailing_id', 'chunk'), name='delivery_part_once'),
        ),
        migrations.RunSQL(
            "INSERT INTO delivery_part (mailing_id, chunk) SELECT DISTINCT mailing_id, chunk FROM delivery_message",
            migrations.RunSQL.noop,
        ),
        migrations.RunPython(up, down),
    ]
