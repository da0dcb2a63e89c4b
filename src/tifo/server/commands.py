"""Commands of the house itself: serve, worker, migrate, doctor."""

import click
from django.core.management import call_command

from tifo.kernel.public import console


@click.command()
@console.json_option
def migrate(as_json: bool) -> None:
    """Prepare the database: make or update its tables and what they start with."""
    call_command("migrate", verbosity=0, interactive=False)
    console.out({"migrated": True}, as_json, ["The database is up to date."])


COMMANDS: dict[str, click.Command] = {"migrate": migrate}
