"""The `tifo` command: `tifo <noun> <verb>`, put together from the contexts' own commands."""

import importlib.util
import logging
import os
import sys
from importlib import import_module
from typing import NoReturn

import click
import django
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tifo", prog_name="tifo")
def tifo() -> None:
    """Fan engagement for organisers of big events."""


@tifo.command("django", context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def django_command(arguments: tuple[str, ...]) -> None:
    """Django's own management commands, for engineers."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["tifo django", *arguments])


def _mount(path: str, command: click.Command) -> None:
    *nouns, verb = path.split()
    group: click.Group = tifo
    for noun in nouns:
        inner = group.commands.get(noun)
        if not isinstance(inner, click.Group):
            inner = click.Group(noun)
            group.add_command(inner)
        group = inner
    group.add_command(command, verb)


def mount_commands() -> None:
    """Hang every context's COMMANDS below `tifo`."""
    for config in apps.get_app_configs():
        module = f"{config.name}.{'commands' if config.label == 'server' else 'cli'}"
        if config.name.startswith("tifo.") and importlib.util.find_spec(module):
            for path, command in import_module(module).COMMANDS.items():
                _mount(path, command)


def _explain(error: Exception) -> NoReturn:
    """A sentence where the world is at fault; where tifo is, the place in the code, with nobody's data in it."""
    from tifo.server.mends import mend_of

    if words := mend_of(error):
        sys.exit(f"tifo: {words}")
    logging.getLogger("tifo").critical("A fault of tifo itself", exc_info=error)
    sys.exit("tifo: this is a fault of tifo itself, not of what you gave it: please report the lines above.")


def main() -> None:
    """Entry point: exit code 0 only on success; an error says where and the mend."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tifo.server.settings")
    try:
        django.setup()
    except ImproperlyConfigured as error:
        sys.exit(f"tifo: {error}")
    from tifo.kernel.public import Refused

    mount_commands()
    try:
        tifo(standalone_mode=False)
    except Refused as error:
        sys.exit(f"tifo: {error}")
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except Exception as error:
        _explain(error)
