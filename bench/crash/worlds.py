"""Small worlds, made once and copied for each point: a data folder, and a database on SQLite or PostgreSQL."""

import json
import os
import shutil
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connection, connections

FANS = 24


class World:
    """The one world of this process, put back as it was before each point."""

    def __init__(self, folder: Path, templates: Path) -> None:
        self.folder, self._templates = folder, templates
        self.postgres = connection.vendor == "postgresql"
        self._host = connection.settings_dict["HOST"]
        self._name = str(connection.settings_dict["NAME"])

    @property
    def data(self) -> Path:
        """TIFO_DATA."""
        return self.folder / "data"

    def __str__(self) -> str:
        return f"{self.folder}/"

    def new(self) -> None:
        """A migrated base with nobody in it."""
        kept = "empty"
        if not (self._templates / kept).exists():
            self._clear()
            if self.postgres:
                self._server(
                    f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)', f'CREATE DATABASE "{self._name}"'
                )
            outcome(lambda: call_command("migrate", verbosity=0, interactive=False))
            self.keep(kept)
        self.restore(kept)

    def keep(self, name: str) -> None:
        """This world as it is now is the template `name`."""
        shutil.copytree(self.folder, self._templates / name)
        if self.postgres:
            self._server(f'CREATE DATABASE "{name}" TEMPLATE "{self._name}"')

    def restore(self, name: str) -> None:
        """This world is the template `name` again."""
        self._clear()
        shutil.copytree(self._templates / name, self.folder, dirs_exist_ok=True)
        if self.postgres:
            self._server(
                f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)',
                f'CREATE DATABASE "{self._name}" TEMPLATE "{name}"',
            )

    def _clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.data.mkdir(parents=True)

    def _server(self, *statements: str) -> None:
        connections.close_all()
        with psycopg.connect(host=self._host, user="tifo", dbname="postgres", autocommit=True) as server:
            for statement in statements:
                server.execute(statement)  # type: ignore[arg-type]


def outcome(act: Callable[[], Any]) -> Any:
    """What `act` gives, done in a child of its own, so that this process stays as it was: no connection, no thread."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        status = 70
        try:
            said = json.dumps(act(), default=str).encode()
            with os.fdopen(write, "wb") as out:
                out.write(said)
            status = 0
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read, "rb") as said_by_child:
        said = said_by_child.read()
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise RuntimeError("it failed; what it said stands above")
    return json.loads(said)


def rows(statement: str) -> list[list[Any]]:
    """What a query gives, for comparing."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [[str(value) for value in row] for row in cursor.fetchall()]
