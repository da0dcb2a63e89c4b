"""The plan: the audience frozen, every recipient's message and hour in chunk files, then one transaction that counts."""

import logging
from collections.abc import Iterator
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.db import transaction

from tifo.audiences.public import freeze
from tifo.campaigns.actions.recipients import Recipients, plan_statement, recipients
from tifo.campaigns.models import Chunk, Occurrence, Step
from tifo.campaigns.queries import definition_from, needs_approval
from tifo.campaigns.rules.ramp import ramp_of
from tifo.campaigns.types import CampaignDefinition, Ramp, Stage
from tifo.consents.public import purposes
from tifo.content.public import check, links
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
        everybody = _everybody(reader, definition, occurrence, now, ramp)
    if everybody.rows.num_rows != frozen.count:
        raise Refused("The plan and the frozen audience differ in number; nothing was sent.")
    files = []
    for number, (step, rows) in enumerate(_slices(everybody)):
        path = f"plans/{occurrence.pk}/{occurrence.attempt}/{number}.parquet"
        files.append((step, archive.write(path, rows)))
        if number % 100 == 99:
            jobs.renew(occurrence, LEASE)
    crash_point("campaigns.plan.files")
    due = pc.min_max(everybody.rows.column("due_at")).as_py()
    with transaction.atomic():
        _settle(occurrence, definition, files)
        if len(everybody.steps) > 1:
            Step.objects.bulk_create(
                Step(occurrence=occurrence, number=number, rows=size)
                for number, size in enumerate(everybody.steps)
            )
        jobs.finish(
            occurrence,
            stage=_next_stage(frozen.count),
            audience_count=frozen.count,
            audience_hash=frozen.hash,
            combinations=[[one.language, one.variant, one.blocks] for one in everybody.combinations],
            starts_at=due["min"],
            ends_at=due["max"],
            mailing_id=occurrence.mailing_id,
            watched=len(everybody.steps) > 1 or settings.TIFO_RAMP_ABOVE is not None,
            watch_minutes=ramp.watch,
        )
        crash_point("campaigns.plan.commit")


def _everybody(
    reader: Reader, definition: CampaignDefinition, occurrence: Occurrence, now: datetime, ramp: Ramp
) -> Recipients:
    spoken = reader.sql("SELECT DISTINCT language FROM fan WHERE language IS NOT NULL ORDER BY 1")
    statement = plan_statement(
        definition,
        spoken.column(0).to_pylist(),
        _start_of(occurrence),
        own_zone=occurrence.own_zone,
        earliest=occurrence.created_at,
        now=now,
        ramp=ramp,
        salt=occurrence.pk,
    )
    return recipients(reader, statement)


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


def _slices(everybody: Recipients) -> Iterator[tuple[int, pa.Table]]:
    """The chunks, each of one step."""
    said = pa.table(
        {
            "language": pa.array((one.language for one in everybody.combinations), pa.string()),
            "variant": pa.array((one.variant for one in everybody.combinations), pa.string()),
        }
    )
    begin = 0
    for step, size in enumerate(everybody.steps):
        for offset in range(begin, begin + size, CHUNK_ROWS):
            rows = everybody.rows.slice(offset, min(CHUNK_ROWS, begin + size - offset))
            words = said.take(rows.column("composed"))
            columns = {
                name: (rows if name in rows.column_names else words).column(name)
                for name in PLAN_SCHEMA.names
            }
            yield step, pa.table(columns).cast(PLAN_SCHEMA)
        begin += size
