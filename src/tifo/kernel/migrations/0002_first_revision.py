from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "INSERT INTO kernel_revision (id, value) VALUES (1, 1)", "DELETE FROM kernel_revision WHERE id = 1"
        )
    ]
