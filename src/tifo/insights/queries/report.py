"""Reading the figures of the house: sums from the ledger, opens and clicks from the lake."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from tifo.campaigns.public import (
    campaign,
    latest_occurrence,
    occurrence,
    occurrence_combinations,
    occurrence_definition,
    progress,
)
from tifo.content.public import Combination
from tifo.delivery.public import Returned, links_of, returned, unsubscribed
from tifo.insights.types import BlockFigures, CampaignReport, Part, Span
from tifo.kernel.public import Refused
from tifo.lake.public import Reader, current_generation, looking

_NOBODY = Span(0, 0, 0)

# One row a message of the mailing: what its reader surely did, and what some machine may have done for her.
_READERS = """
    WITH done AS (
        SELECT message_id,
               bool_or(class = 'person') AS surely_opened,
               bool_or(kind = 'click' AND class = 'person') AS surely_clicked,
               bool_or(kind = 'click') AS clicked
        FROM hit WHERE mailing_id = $mailing AND message_id IS NOT NULL GROUP BY message_id
    ), reader AS (
        SELECT m.message_id, m.fan_id, m.state, m.language, m.variant, m.composed, m.unsubscribed,
               d.message_id IS NOT NULL AS opened, coalesce(d.surely_opened, FALSE) AS surely_opened,
               coalesce(d.surely_clicked, FALSE) AS surely_clicked, coalesce(d.clicked, FALSE) AS clicked
        FROM message m LEFT JOIN done d USING (message_id) WHERE m.mailing_id = $mailing
    )
"""
_SUMS = """
    count(*) AS planned, count(*) FILTER (state = 'accepted') AS accepted,
    count(*) FILTER (surely_opened) AS surely_opened, count(*) FILTER (opened) AS opened,
    count(*) FILTER (surely_clicked) AS surely_clicked, count(*) FILTER (clicked) AS clicked,
    count(*) FILTER (unsubscribed) AS unsubscribed
"""

_CUTS = ("language", "country", "variant")
_COUNTED = ("planned", "accepted", "surely_opened", "opened", "surely_clicked", "clicked", "unsubscribed")


def _mailing(reader: Reader, statement: str, mailing_id: int, **more: object) -> pa.Table:
    return reader.sql(_READERS + statement, {"mailing": mailing_id, **more})


def _part(row: Mapping[str, Any]) -> Part:
    accepted = int(row["accepted"])
    return Part(
        name=str(row["name"] or ""),
        planned=int(row["planned"]),
        accepted=accepted,
        opened=Span(int(row["surely_opened"]), int(row["opened"]), accepted),
        clicked=Span(int(row["surely_clicked"]), int(row["clicked"]), accepted),
        unsubscribed=int(row["unsubscribed"]),
    )


def _cut(reader: Reader, mailing_id: int) -> Mapping[str, tuple[Part, ...]]:
    """The sums of the whole, and by language, country and variant: who read what is found out once for all of them."""
    statement = f"""
        SELECT reader.language AS language, fan.country AS country, reader.variant AS variant, {_SUMS}
        FROM reader LEFT JOIN fan ON fan.fan_id = reader.fan_id GROUP BY 1, 2, 3
    """
    rows = _mailing(reader, statement, mailing_id).to_pylist()
    return {
        cut: tuple(sorted(_folded(rows, cut).values(), key=lambda part: (-part.planned, part.name)))
        for cut in ("", "language", "country", "variant")
    }


def _folded(rows: list[dict[str, Any]], column: str) -> dict[str, Part]:
    """Counts add up: one part for each value of the column, or one for all."""
    sums: dict[str, dict[str, Any]] = {} if column else {"": {}}
    for row in rows:
        name = str(row[column] or "") if column else ""
        known = sums.setdefault(name, {})
        for key, count in row.items():
            if key not in _CUTS:
                known[key] = known.get(key, 0) + int(count)
    return {
        name: _part({"name": name, **dict.fromkeys(_COUNTED, 0), **known}) for name, known in sums.items()
    }


def _unnamed(reader: Reader, mailing_id: int) -> Mapping[str, int]:
    """Hits that name nobody, because their readers don't allow tracking: opens and clicks, as counted."""
    rows = reader.sql(
        "SELECT kind, count(*) AS hits FROM hit WHERE mailing_id = $mailing AND message_id IS NULL GROUP BY kind",
        {"mailing": mailing_id},
    ).to_pylist()
    return {row["kind"]: int(row["hits"]) for row in rows}


def _tracked(reader: Reader, mailing_id: int) -> int:
    """Accepted messages of fans who allow tracking now."""
    rows = reader.sql(
        "SELECT count(*) AS n FROM message m JOIN consent c ON c.fan_id = m.fan_id AND c.purpose = 'tracking' "
        "AND c.state = 'given' WHERE m.mailing_id = $mailing AND m.state = 'accepted'",
        {"mailing": mailing_id},
    ).to_pylist()
    return int(rows[0]["n"])


def _blocks(
    reader: Reader, mailing_id: int, slots: tuple[str, ...], combinations: list[Combination]
) -> tuple[BlockFigures, ...]:
    shown: dict[tuple[int, str], int] = {}
    rows = reader.sql(
        "SELECT composed, count(*) AS n FROM message WHERE mailing_id = $mailing AND state = 'accepted' GROUP BY 1",
        {"mailing": mailing_id},
    ).to_pylist()
    for row in rows:
        for slot, block in enumerate(combinations[int(row["composed"])].blocks):
            if block is not None:
                shown[slot, block] = shown.get((slot, block), 0) + int(row["n"])
    clicked = _clicks_by_block(reader, mailing_id)
    return tuple(
        BlockFigures(slots[slot], block, count, Span(*clicked.get(block, (0, 0)), count))
        for (slot, block), count in sorted(shown.items(), key=lambda item: (item[0][0], -item[1]))
    )


def _clicks_by_block(reader: Reader, mailing_id: int) -> Mapping[str, tuple[int, int]]:
    links = links_of(mailing_id)
    if not links:
        return {}
    listed = ", ".join(f"($link_{n}, $block_{n})" for n in range(len(links)))
    params: dict[str, object] = {"mailing": mailing_id}
    for n, link in enumerate(links):
        params[f"link_{n}"], params[f"block_{n}"] = link.index, link.block
    rows = reader.sql(
        f"""
        SELECT place.block, count(DISTINCT hit.message_id) FILTER (hit.class = 'person') AS surely,
               count(DISTINCT hit.message_id) + count(*) FILTER (hit.message_id IS NULL) AS counted
        FROM hit JOIN (VALUES {listed}) AS place (link, block) USING (link)
        WHERE hit.mailing_id = $mailing AND hit.kind = 'click' GROUP BY 1
        """,
        params,
    ).to_pylist()
    return {row["block"]: (int(row["surely"]), int(row["counted"])) for row in rows}


def _hours(reader: Reader, mailing_id: int) -> tuple[tuple[datetime, int, int], ...]:
    rows = reader.sql(
        """
        SELECT hour, count(*) FILTER (kind = 'open') AS opens, count(*) FILTER (kind = 'click') AS clicks
        FROM (
            SELECT DISTINCT date_trunc('hour', hit."at") AS hour, kind, message_id
            FROM hit WHERE mailing_id = $mailing AND class = 'person' AND message_id IS NOT NULL
        ) GROUP BY 1 ORDER BY 1
        """,
        {"mailing": mailing_id},
    ).to_pylist()
    return tuple((row["hour"], int(row["opens"]), int(row["clicks"])) for row in rows)


def report(occurrence_id: int) -> CampaignReport:
    """What became of a sending: every planned message, and who read it as far as that can be known."""
    view = occurrence(occurrence_id)
    done = progress(occurrence_id)
    mailing_id = view.mailing_id
    back = returned([mailing_id])[mailing_id] if mailing_id is not None else Returned()
    if mailing_id is None or current_generation() is None:
        return CampaignReport(view, done, None, _NOBODY, _NOBODY, 0, 0, back)
    slots = tuple(slot.name for slot in occurrence_definition(occurrence_id).composition.slots)
    with looking() as reader:
        cut = _cut(reader, mailing_id)
        whole = cut[""][0]
        unnamed, tracked = _unnamed(reader, mailing_id), _tracked(reader, mailing_id)
        return CampaignReport(
            occurrence=view,
            progress=done,
            as_of=reader.as_of,
            opened=_widened(whole.opened, unnamed.get("open", 0), done.accepted, tracked),
            clicked=_widened(whole.clicked, unnamed.get("click", 0), done.accepted, tracked),
            tracked=tracked,
            unsubscribed=unsubscribed(mailing_id),
            returned=back,
            by_language=cut["language"],
            by_country=cut["country"],
            by_variant=cut["variant"],
            by_block=_blocks(reader, mailing_id, slots, occurrence_combinations(occurrence_id)),
            by_hour=_hours(reader, mailing_id),
        )


def _widened(named: Span, unnamed: int, accepted: int, tracked: int) -> Span:
    """The upper bound with those who can't be named: no more than there are of them."""
    return Span(named.certain, min(named.all + min(unnamed, max(accepted - tracked, 0)), accepted), accepted)


def report_of(name: str) -> CampaignReport:
    """The report of a campaign's newest sending; Refused where there is none."""
    campaign(name)
    view = latest_occurrence(name)
    if view is None:
        raise Refused(f"{name} was never sent, so there is nothing to report.")
    return report(view.id)
