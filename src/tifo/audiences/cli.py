"""`tifo audiences …`: ask from a script."""

from dataclasses import asdict
from typing import Any

import click

from tifo.audiences import public
from tifo.audiences.rules.reference import describe
from tifo.audiences.types import Reason
from tifo.kernel.public import console
from tifo.lake.public import refresh, words

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
question = click.argument("expression", metavar="EXPRESSION")


@click.command()
@question
@as_json
def count(expression: str, as_json: bool) -> None:
    """How many fans are in an audience."""
    public.parse(expression)
    refresh()
    found = public.count(expression)
    as_of = found.as_of.isoformat() if found.as_of else None
    console.out({"count": found.count, "as_of": as_of}, as_json, [f"{found.count:,} fans, as of {as_of}"])


@click.command()
@question
@click.option("--fan", type=int, help="Say why this fan is in or out.")
@click.option("--language", default="en", show_default=True, help="en, fr, es or ar.")
@as_json
def explain(expression: str, fan: int | None, language: str, as_json: bool) -> None:
    """An audience in words; with --fan, why that fan is in or out."""
    read = public.parse(expression)
    if fan is None:
        words_of_it = str(public.phrases(read, language))
        console.out(
            {"text": public.render(read), "explanation": words_of_it, "tree": public.to_tree(read)},
            as_json,
            words_of_it.splitlines(),
        )
        return
    refresh()
    why = public.explain_fan(expression, fan, language)
    lines = [f"fan {fan}: {'in' if why.inside else 'out'}" + (f" ({why.note})" if why.note else "")]
    result = asdict(why)
    result["as_of"] = why.as_of.isoformat() if why.as_of else None
    console.out(_plain(result), as_json, [*lines, *_reason_lines(why.reason, 0)])


def _plain(value: Any) -> Any:
    """Only what JSON knows; days and moments as ISO text."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def _reason_lines(reason: Reason, depth: int) -> list[str]:
    found = "" if reason.parts else f"  (found: {'unknown' if reason.found is None else reason.found})"
    line = f"{'  ' * depth}{'yes' if reason.holds else 'no '} {reason.phrase}{found}"
    return [line, *(below for part in reason.parts for below in _reason_lines(part, depth + 1))]


@click.command()
@question
@click.option("-n", "size", default=10, show_default=True, type=click.IntRange(1, 1000), help="How many.")
@click.option("--seed", default=0, show_default=True, help="Another seed, other fans.")
@as_json
def sample(expression: str, size: int, seed: int, as_json: bool) -> None:
    """Some fans of an audience: ids, languages and countries."""
    public.parse(expression)
    refresh()
    found = public.sampled(expression, size, seed)
    console.out(
        {"fans": [asdict(one) for one in found]},
        as_json,
        [f"{one.fan_id}\t{one.language or '–'}\t{one.country or '–'}" for one in found],
    )


@click.command("words")
@click.option("--markdown", is_flag=True, help="The page of the reference.")
@as_json
def list_words(markdown: bool, as_json: bool) -> None:
    """All words of the language of audiences."""
    if markdown:
        click.echo(public.reference(), nl=False)
        return
    described = describe(words())
    lines = [
        f"{one['word']}{'()' if one['arguments'] is not None else ''}: {one['help']}".rstrip(": ")
        for one in described
    ]
    console.out({"words": described}, as_json, lines)


COMMANDS = {
    "audiences count": count,
    "audiences explain": explain,
    "audiences sample": sample,
    "audiences words": list_words,
}
