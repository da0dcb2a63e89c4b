"""The plan: one statement in the lake says for every recipient language, blocks and due time."""

import logging
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.db import transaction

from tifo.audiences.public import condition, freeze
from tifo.campaigns.models import Chunk, Occurrence, Step
from tifo.campaigns.queries import definition_from, needs_approval
from tifo.campaigns.rules.ramp import ramp_of, shares
from tifo.campaigns.types import NO_RAMP, CampaignDefinition, Ramp, Stage
from tifo.consents.public import purposes
from tifo.content.public import Composition, check, links, served_language, slot_choices
from tifo.delivery.public import open_mailing, register_links
from tifo.kernel.public import Refused, archive, clock, crash_point, jobs
from tifo.lake.public import Reader, reading, refresh

log = logging.getLogger(__name__)

CHUNK_ROWS = 5_000
LEASE = 600.0  # seconds
ATTEMPTS = 3

PLAN_SCHEMA = pa.schema(
    [
        ("fan_id", pa.int64()),
        ("language", pa.string()),
        ("variant", pa.string()),
        ("composed", pa.int32()),
        ("due_at", pa.timestamp("us", tz="UTC")),
    ]
)


def plan_waiting() -> bool:
    """Plan one sending that waits for it; whether there was one."""
    row = jobs.claim(Occurrence, owner=jobs.me(), seconds=LEASE, stage=Stage.PLANNING)
    if row is None:
        return False
    try:
        plan(row)
    except Refused as error:
        _fail(row, str(error))
    except jobs.LeaseLost:
        pass  # cancelled, or planned by another
    except Exception as error:
        log.exception("planning sending %s failed", row.pk)
        if row.attempt >= ATTEMPTS:
            _fail(row, f"{type(error).__name__} while planning; the log has the details.")
        else:
            jobs.put_back(row, after=5, error=type(error).__name__)
    return True


def _fail(row: Occurrence, why: str) -> None:
    jobs.finish(row, stage=Stage.FAILED, error=why)


def plan(occurrence: Occurrence) -> None:
    """Freeze the audience, write the chunk files, and let the sending wait for approval or its hour.

    `occurrence` is claimed work. Killed at any point and run again it plans once: files of a dead attempt are
    never read, and what counts is written in one transaction at the end.
    """
    definition = definition_from(occurrence.definition)
    if errors := [problem for problem in check(definition.composition) if problem.level == "error"]:
        raise Refused("\n".join(map(str, errors)))
    refresh()
    now = clock.now()  # one for audience and blocks: what begins meanwhile must not split the plan
    with reading() as reader:
        frozen = freeze(definition.audience, reader=reader, now=now)
        if frozen.count == 0:
            raise Refused("The audience has nobody in it, so there is nobody to send to.")
        ramp = ramp_of(definition.ramp, frozen.count, settings.TIFO_RAMP_ABOVE)
        recipients, combinations, sizes = _recipients(reader, definition, occurrence, now, ramp)
    if recipients.num_rows != frozen.count:
        raise Refused("The plan and the frozen audience differ in number; nothing was sent.")
    files = []
    for number, (step, rows) in enumerate(_slices(recipients, sizes)):
        path = f"plans/{occurrence.pk}/{occurrence.attempt}/{number}.parquet"
        files.append((step, archive.write(path, rows)))
        if number % 100 == 99:
            jobs.renew(occurrence, LEASE)
    crash_point("campaigns.plan.files")
    due = pc.min_max(recipients.column("due_at")).as_py()
    with transaction.atomic():
        _settle(occurrence, definition, files)
        if len(sizes) > 1:
            Step.objects.bulk_create(
                Step(occurrence=occurrence, number=number, rows=size) for number, size in enumerate(sizes)
            )
        jobs.finish(
            occurrence,
            stage=_next_stage(frozen.count),
            audience_count=frozen.count,
            audience_hash=frozen.hash,
            combinations=combinations,
            starts_at=due["min"],
            ends_at=due["max"],
            mailing_id=occurrence.mailing_id,
            watched=len(sizes) > 1 or settings.TIFO_RAMP_ABOVE is not None,
            watch_minutes=ramp.watch,
        )
        crash_point("campaigns.plan.commit")


def _start_of(occurrence: Occurrence) -> datetime:
    """The moment asked for; at once is counted from when a person said so, for the grace window (M10)."""
    return occurrence.send_at or occurrence.created_at


def _next_stage(recipients: int) -> Stage:
    return Stage.AWAITING_APPROVAL if needs_approval(recipients) else Stage.SCHEDULED


def _settle(
    occurrence: Occurrence, definition: CampaignDefinition, files: list[tuple[int, archive.ArchivedFile]]
) -> None:
    legal_class = next(purpose.legal_class for purpose in purposes() if purpose.key == definition.purpose)
    occurrence.mailing_id = open_mailing(
        label=definition.name,
        occurrence=str(occurrence.number),
        purpose=definition.purpose,
        legal_class=legal_class,
    )
    register_links(occurrence.mailing_id, links(definition.composition))
    Chunk.objects.bulk_create(
        Chunk(
            occurrence=occurrence,
            number=number,
            path=file.path,
            sha256=file.sha256,
            rows=file.rows,
            step=step,
        )
        for number, (step, file) in enumerate(files)
    )


def _slices(recipients: pa.Table, sizes: Sequence[int]) -> Iterator[tuple[int, pa.Table]]:
    """The chunks, each of one step."""
    begin = 0
    for step, size in enumerate(sizes):
        for offset in range(begin, begin + size, CHUNK_ROWS):
            yield step, recipients.slice(offset, min(CHUNK_ROWS, begin + size - offset))
        begin += size


def _recipients(
    reader: Reader, definition: CampaignDefinition, occurrence: Occurrence, now: datetime, ramp: Ramp
) -> tuple[pa.Table, list[list[Any]], list[int]]:
    """Every recipient, step by step in order of due time; what the `composed` numbers stand for; how many are in
    each step that has any."""
    spoken = reader.sql("SELECT DISTINCT language FROM fan WHERE language IS NOT NULL ORDER BY 1")
    languages = spoken.column(0).to_pylist()
    statement, params = plan_statement(
        definition,
        languages,
        _start_of(occurrence),
        own_zone=occurrence.own_zone,
        earliest=occurrence.created_at,
        now=now,
        ramp=ramp,
        salt=occurrence.pk,
    )
    rows = reader.sql(statement, params)
    slots = [f"slot_{n}" for n in range(len(definition.composition.slots))]
    shown = (
        rows.select(["language", "variant", "composed", *slots])
        .group_by(["composed"])
        .aggregate([(name, "min") for name in ("language", "variant", *slots)])
    )
    ordered = shown.sort_by("composed").to_pylist()
    combinations = [
        [row["language_min"], row["variant_min"], [row[f"{slot}_min"] for slot in slots]] for row in ordered
    ]
    sizes = pc.value_counts(rows.column("step")).to_pylist() if ramp.steps else []
    in_order = [one["counts"] for one in sorted(sizes, key=itemgetter("values"))] or [rows.num_rows]
    return rows.select(list(PLAN_SCHEMA.names)).cast(PLAN_SCHEMA), combinations, in_order


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
) -> tuple[str, dict[str, object]]:
    """The one statement of the plan, and its parameters; `languages` are those that fans read. With a ramp each
    recipient has her step, and the rows come step by step; another `salt` puts other fans first.

    Questions about time are asked of `now`. No message is due before `earliest`: who lives where the hour has
    passed already gets it then.
    """
    asked = condition(definition.audience, fan="fan", now=now)
    choices = slot_choices(definition.composition, fan="fan", now=now)
    params: dict[str, object] = {**asked.params, "start": _naive(start), "earliest": _naive(earliest)}
    for choice in choices:
        params.update(choice.params)
    language, language_params = _served(definition.composition, languages)
    params.update(language_params)
    step, order = "", "due_at, hash(fan_id)"
    if ramp.steps:
        step, order = f", {_step(ramp)} AS step", f"step, {order}"
        params["salt"] = salt
    slots = [f"slot_{n}" for n in range(len(choices))]
    shown = ", ".join(f"{choice.sql} AS {slot}" for choice, slot in zip(choices, slots, strict=True))
    names = ", ".join(["language", "variant", *slots])
    return (
        f"""
        WITH chosen AS MATERIALIZED (
            SELECT fan.fan_id, {language} AS language, '' AS variant, {_due(own_zone)} AS due_at, {shown}
            FROM fan WHERE {asked.sql}
        )
        SELECT *, CAST(dense_rank() OVER (ORDER BY {names}) - 1 AS INTEGER) AS composed{step}
        FROM chosen ORDER BY {order}
        """,
        params,
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


def _served(composition: Composition, languages: Collection[str]) -> tuple[str, dict[str, object]]:
    """The language of a fan's message as SQL, the same choice that content makes for one fan."""
    params: dict[str, object] = {"served_default": composition.fallback}
    cases = []
    for n, language in enumerate(languages):
        served = served_language(composition, language)
        if served != composition.fallback:
            cases.append(f"WHEN $language_{n} THEN $served_{n}")
            params[f"language_{n}"], params[f"served_{n}"] = language, served
    return (
        f"CASE fan.language {' '.join(cases)} ELSE $served_default END" if cases else "$served_default",
        params,
    )
