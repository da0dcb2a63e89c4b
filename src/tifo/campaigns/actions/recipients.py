"""One statement in the lake says for every recipient language, blocks and due time.

It answers in small numbers, so that millions of recipients fit in the lake's memory: what they stand for is looked up here.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter

import pyarrow as pa
import pyarrow.compute as pc

from tifo.audiences.public import condition
from tifo.campaigns.rules.ramp import shares
from tifo.campaigns.types import NO_RAMP, CampaignDefinition, Ramp
from tifo.content.public import Combination, Composition, served_language, slot_choices
from tifo.lake.public import Reader

RECIPIENTS = pa.schema(
    [("fan_id", pa.int64()), ("due_at", pa.timestamp("us", tz="UTC")), ("composed", pa.int32())]
)


@dataclass(frozen=True)
class PlanStatement:
    """The statement of a plan. It answers with `fan_id`, `due_at`, `language` and `slot_0`… as places in `languages` and `slots`,
    and with a ramp `step`."""

    sql: str
    params: dict[str, object]
    languages: tuple[str, ...]
    slots: tuple[tuple[str | None, ...], ...]


@dataclass(frozen=True)
class Recipients:
    """`rows`: everybody (RECIPIENTS) in order of `steps` and due time, `composed` being the place of her message in
    `combinations`; `steps`: how many are in each step that has any."""

    rows: pa.Table
    combinations: list[Combination]
    steps: list[int]


def recipients(reader: Reader, statement: PlanStatement) -> Recipients:
    """Everybody to whom the campaign goes."""
    rows = reader.sql(statement.sql, statement.params)
    sizes = {"language": len(statement.languages)}
    sizes.update({f"slot_{number}": len(blocks) for number, blocks in enumerate(statement.slots)})
    composed, distinct = _numbered(rows, sizes)
    combinations = [
        Combination(
            statement.languages[language],
            "",
            tuple(blocks[place] for blocks, place in zip(statement.slots, places, strict=True)),
        )
        for language, *places in distinct
    ]
    steps = [rows.num_rows]
    if "step" in rows.column_names:
        counts = pc.value_counts(rows.column("step")).to_pylist()
        steps = [one["counts"] for one in sorted(counts, key=itemgetter("values"))]
    shown = rows.select(["fan_id", "due_at"]).append_column("composed", composed)
    return Recipients(shown.cast(RECIPIENTS), combinations, steps)


def _numbered(rows: pa.Table, sizes: Mapping[str, int]) -> tuple[pa.ChunkedArray, list[tuple[int, ...]]]:
    """For each row the place of its values among the distinct ones, and these in order. `sizes`: a column's values are below it."""
    place = pa.chunked_array([pa.repeat(pa.scalar(0, pa.int32()), rows.num_rows)])
    distinct: list[tuple[int, ...]] = [()]
    for column, size in sizes.items():
        packed = pc.add(pc.multiply(place.cast(pa.int64()), size), rows.column(column).cast(pa.int64()))
        met = pc.unique(packed).sort()
        distinct = [(*distinct[code // size], code % size) for code in met.to_pylist()]
        place = pc.index_in(packed, value_set=met)
    return place, distinct


def plan_statement(
    definition: CampaignDefinition,
    languages: Collection[str],
    start: datetime,
    *,
    own_zone: bool,
    earliest: datetime,
    now: datetime,
    ramp: Ramp = NO_RAMP,
    salt: int = 0,
) -> PlanStatement:
    """The one statement of the plan; `languages` are those that fans read. With a ramp each recipient has her step, and
    the rows come step by step; another `salt` puts other fans first.

    Questions about time are asked of `now`. No message is due before `earliest`: who lives where the hour has
    passed already gets it then.
    """
    asked = condition(definition.audience, fan="fan", now=now)
    choices = slot_choices(definition.composition, fan="fan", now=now)
    params: dict[str, object] = {**asked.params, "start": _naive(start), "earliest": _naive(earliest)}
    language, served = _served(definition.composition, languages, params)
    chosen = ["fan.fan_id", f"{language} AS language", f"{_due(own_zone)} AS due_at"]
    shown = ["fan_id", "language", "due_at"]
    slots = [(*slot.candidates, None) for slot in definition.composition.slots]
    for number, (choice, blocks) in enumerate(zip(choices, slots, strict=True)):
        params.update(choice.params)
        chosen.append(f"{choice.sql} AS block_{number}")
        shown.append(f"{_place(f'block_{number}', blocks, params)} AS slot_{number}")
    step, order = "", "due_at, hash(fan_id)"
    if ramp.steps:
        step, order = f", {_step(ramp)} AS step", f"step, {order}"
        params["salt"] = salt
    return PlanStatement(
        f"""
        WITH chosen AS (
            SELECT {", ".join(chosen)} FROM fan WHERE {asked.sql}
        ), shown AS (
            SELECT {", ".join(shown)} FROM chosen
        )
        SELECT *{step} FROM shown ORDER BY {order}
        """,
        params,
        served,
        tuple(slots),
    )


def _place(column: str, among: Sequence[str | None], params: dict[str, object]) -> str:
    """The place of a column's value `among` others, the last of which is nothing."""
    *values, _nothing = among
    params.update({f"{column}_{place}": value for place, value in enumerate(values)})
    whens = " ".join(f"WHEN ${column}_{place} THEN {place}" for place in range(len(values)))
    return (
        f"CAST(CASE {column} {whens} ELSE {len(values)} END AS SMALLINT)" if values else "CAST(0 AS SMALLINT)"
    )


def _step(ramp: Ramp) -> str:
    """The step of a fan as SQL: each step holds its share of every hour and language.

    Fans are numbered by hour, language and a salted hash; multiples of the golden ratio, modulo one, spread any run
    of numbers evenly (Knuth, 6.4), so that those under a share are that share of each group, but for a fan or two.
    """
    spread = "(row_number() OVER (ORDER BY due_at, language, hash(fan_id, $salt)) * 2654435769) % 4294967296"
    cases = " ".join(
        f"WHEN {spread} < {round(share * 2**32)} THEN {number}" for number, share in enumerate(shares(ramp))
    )
    return f"CASE {cases} ELSE {len(ramp.steps)} END"


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _due(own_zone: bool) -> str:
    """The moment (UTC) when a message is due: the same for all, or the same wall time in each fan's zone."""
    hers = "timezone('UTC', timezone(coalesce(fan.timezone, 'UTC'), CAST($start AS TIMESTAMP)))"
    return f"greatest({hers if own_zone else 'CAST($start AS TIMESTAMP)'}, CAST($earliest AS TIMESTAMP))"


def _served(
    composition: Composition, languages: Collection[str], params: dict[str, object]
) -> tuple[str, tuple[str, ...]]:
    """The language of a fan's message, the same choice that content makes for one fan: as SQL that gives its place, and
    the languages in their places."""
    of = {language: served_language(composition, language) for language in languages}
    served = tuple(dict.fromkeys((composition.fallback, *of.values())))
    cases = []
    for number, (language, hers) in enumerate(of.items()):
        if hers != composition.fallback:
            cases.append(f"WHEN $language_{number} THEN {served.index(hers)}")
            params[f"language_{number}"] = language
    return (
        f"CAST(CASE fan.language {' '.join(cases)} ELSE 0 END AS SMALLINT)"
        if cases
        else "CAST(0 AS SMALLINT)",
        served,
    )
