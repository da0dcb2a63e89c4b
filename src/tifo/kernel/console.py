"""How commands speak: results to standard output, progress to standard error."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def out(result: Mapping[str, Any] | Sequence[Any], as_json: bool, lines: Sequence[str]) -> None:
    """Print `result` as JSON, or `lines` for people."""
    click.echo(json.dumps(result, default=str, ensure_ascii=False) if as_json else "\n".join(lines))


class Advance(Protocol):
    """Tell how far the work is."""

    def __call__(self, done: float, total: float | None = None) -> None: ...


@contextmanager
def progress(description: str, total: float | None = None) -> Iterator[Advance]:
    """A progress bar on standard error; quiet where nobody watches."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(description, total=total)
        whole = total

        def advance(done: float, total: float | None = None) -> None:
            bar.update(task, completed=done, total=whole if total is None else total)

        yield advance
