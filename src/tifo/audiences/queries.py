"""Questions put to the lake."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa
from django.utils import translation

from tifo.audiences.models import Audience
from tifo.audiences.rules.check import check
from tifo.audiences.rules.evaluate import World, clause_holds, evaluate, found, node_holds
from tifo.audiences.rules.explain import Speech, in_words, node_in_words
from tifo.audiences.rules.parse import read
from tifo.audiences.rules.reference import markdown
from tifo.audiences.rules.render import write
from tifo.audiences.rules.statements import condition as compile_condition
from tifo.audiences.rules.statements import statement
from tifo.audiences.rules.tree import Tree
from tifo.audiences.rules.tree import from_tree as node_from_tree
from tifo.audiences.rules.tree import to_tree as node_to_tree
from tifo.audiences.rules.walking import walk
from tifo.audiences.types import (
    And,
    Clause,
    Condition,
    Count,
    Explanation,
    Expression,
    Frozen,
    Node,
    Not,
    Or,
    Phrase,
    Reason,
    Sampled,
    SavedAudience,
    Sizes,
)
from tifo.kernel.public import clock
from tifo.lake.public import Attribute, Reader, looking, reading, words

MOST_SAMPLED = 1_000

speech = Speech(translation.gettext, translation.ngettext)
"""The language that is active when a phrase is made."""


def parse(text: str) -> Expression:
    """The checked question; AudienceError points at what can't be asked."""
    return check(text, read(text), words())


def render(expression: Expression) -> str:
    """The question as canonical text on one line."""
    return write(expression.root)


def to_tree(expression: Expression) -> Tree:
    """The question as plain JSON (see rules/tree.py)."""
    return node_to_tree(expression.root)


def from_tree(tree: object) -> Expression:
    """The checked question that a JSON tree stands for; errors point into its text."""
    return parse(write(node_from_tree(tree)))


def condition(text: str, fan: str = "fan", *, now: datetime | None = None) -> Condition:
    """A boolean SQL expression over `fan`, an alias of the lake's table fan, for bigger statements.

    Never NULL, so it may stand in WHERE, CASE and NOT alike. One `now` for several conditions keeps them of one mind.
    """
    return compile_condition(parse(text), now or clock.this_minute(), fan=fan)


def count(text: str, *, reader: Reader | None = None) -> Count:
    """How many fans are in the audience."""
    expression = parse(text)
    if reader is None:
        with looking() as opened:
            return count_of(expression, opened)
    return count_of(expression, reader)


def count_of(expression: Expression, reader: Reader) -> Count:
    """The same for a question already read."""
    made = statement(expression, clock.this_minute(), shape="count")
    answer = reader.sql(made.sql, made.params)
    return Count(int(answer.column(0)[0].as_py()), reader.as_of)


def sampled(text: str, n: int, seed: int = 0, *, reader: Reader | None = None) -> list[Sampled]:
    """Up to `n` (at most 1,000) fans as examples: the same for the same seed, in an order that says nothing."""
    if reader is None:
        with looking() as opened:
            return sampled(text, n, seed, reader=opened)
    size = max(0, min(n, MOST_SAMPLED))
    made = statement(parse(text), clock.this_minute(), shape="sample", limit=size, seed=seed)
    return [Sampled(**row) for row in reader.sql(made.sql, made.params).to_pylist()]


def sample(text: str, n: int, seed: int = 0) -> list[int]:
    """The ids of up to `n` fans as examples."""
    return [one.fan_id for one in sampled(text, n, seed)]


def sizes(text: str, *, reader: Reader | None = None) -> Sizes:
    """How many of the fans there are per language and per channel."""
    if reader is None:
        with looking() as opened:
            return sizes(text, reader=opened)
    made = statement(parse(text), clock.this_minute(), shape="sizes")
    rows = reader.sql(made.sql, made.params).to_pylist()
    rows.sort(key=lambda row: (-row["total"], row["language"] or ""))
    return Sizes(
        total=sum(row["total"] for row in rows),
        by_language={row["language"]: row["total"] for row in rows},
        by_channel={channel: sum(row[channel] for row in rows) for channel in ("email", "sms", "none")},
        as_of=reader.as_of,
    )


def freeze(text: str, *, reader: Reader | None = None, now: datetime | None = None) -> Frozen:
    """Who is in the audience now, with their count and hash; the hash depends on the set alone."""
    if reader is None:
        with reading() as opened:
            return freeze(text, reader=opened, now=now)
    made = statement(parse(text), now or clock.now())
    fans = reader.sql(made.sql, made.params).combine_chunks()
    ids = fans.column("fan_id").cast(pa.int64())
    fans = pa.table({"fan_id": ids})
    return Frozen(text, fans.num_rows, hash_of(ids), reader.as_of, fans)


def hash_of(fan_ids: Any) -> str:
    """SHA-256 in hex over the ids (a sequence, or an Arrow array) in rising order, each as 8 bytes, little-endian."""
    if not isinstance(fan_ids, pa.Array | pa.ChunkedArray):
        fan_ids = pa.array(fan_ids, pa.int64())
    ordered = fan_ids.cast(pa.int64()).sort()
    if isinstance(ordered, pa.ChunkedArray):
        ordered = ordered.combine_chunks()
    digest = hashlib.sha256()
    if len(ordered):
        held = memoryview(ordered.buffers()[1])
        digest.update(held[ordered.offset * 8 : (ordered.offset + len(ordered)) * 8])
    return digest.hexdigest()


def explain(text: str, language: str = "en") -> str:
    """The question in words, one line a clause."""
    return str(phrases(parse(text), language))


def phrases(expression: Expression, language: str | None = None) -> Phrase:
    """The same as a tree of lines; in the active language where none is named."""
    if language is None:
        return in_words(expression, speech)
    with translation.override(language):
        return in_words(expression, speech)


def explain_fan(
    text: str, fan_id: int, language: str | None = None, *, reader: Reader | None = None
) -> Explanation:
    """Why the fan is in or out: each part of the question, whether it holds, and what was found."""
    expression = parse(text)
    if language is not None:
        with translation.override(language):
            return explain_fan(text, fan_id, reader=reader)
    if reader is None:
        with reading() as opened:
            return explain_fan(text, fan_id, reader=opened)
    now = clock.now()
    world = _world_of(expression, fan_id, reader)
    own = world["fan"]
    note = ""
    if not own:
        note = translation.gettext("This fan is not in the lake yet.")
    elif own[0]["erased"] is not False:
        note = translation.gettext("This fan is erased, and in no audience.")
    return Explanation(
        fan_id,
        evaluate(expression, world, fan_id, now),
        _reason(expression.root, expression, world, fan_id, now),
        note,
        reader.as_of,
    )


def _reason(node: Node, expression: Expression, world: World, fan_id: int, now: datetime) -> Reason:
    phrase = node_in_words(node, expression, speech)
    if isinstance(node, Clause):
        word = expression.words[node.word]
        answer = found(node, word, world, fan_id, now)
        return Reason(write(node), phrase, clause_holds(node, word, answer, now), answer)
    inner: tuple[Node, ...] = ()
    if isinstance(node, Not):
        inner = (node.part,)
    elif isinstance(node, And | Or):
        inner = node.parts
    parts = tuple(_reason(part, expression, world, fan_id, now) for part in inner)
    return Reason(write(node), phrase, node_holds(node, expression, world, fan_id, now), parts=parts)


def _world_of(expression: Expression, fan_id: int, reader: Reader) -> Mapping[str, list[dict[str, Any]]]:
    """All rows about one fan that the question looks at."""
    wanted: dict[str, set[str]] = {"fan": {"fan_id"}}

    def note(clause: Clause) -> None:
        word = expression.words[clause.word]
        column = "fan_id" if isinstance(word, Attribute) else word.fan_column
        wanted.setdefault(word.table, set()).add(column)

    walk(expression.root, note)
    world = {}
    for table, columns in wanted.items():
        hers = " OR ".join(f'"{column}" = $fan' for column in sorted(columns))
        world[table] = reader.sql(f'SELECT * FROM "{table}" WHERE {hers}', {"fan": fan_id}).to_pylist()
    return world


def reference() -> str:
    """The page of all words, in Markdown."""
    return markdown(words())


def saved_audiences() -> list[SavedAudience]:
    """All kept questions by name."""
    return [_saved(row) for row in Audience.objects.all()]


def saved_audience(audience_id: int) -> SavedAudience | None:
    """A kept question."""
    row = Audience.objects.filter(pk=audience_id).first()
    return _saved(row) if row else None


def _saved(row: Audience) -> SavedAudience:
    return SavedAudience(row.pk, row.name, row.text, row.note, row.made_by_id, row.made_at, row.changed_at)
