"""`tifo campaigns …`: check, send and look after campaigns from files and scripts."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from tifo.campaigns.actions import (
    begin_due,
    cancel,
    check_definition,
    pause,
    plan_waiting,
    resume,
    save_campaign,
    send_chunk,
    start,
    start_missed,
    watch_sendings,
)
from tifo.campaigns.queries import campaign, campaigns, latest_occurrence, occurrence, progress, watched
from tifo.campaigns.rules import read_campaign_file, write_campaign_file
from tifo.campaigns.rules.words import signal_word
from tifo.campaigns.types import CampaignDefinition, CheckResult, OccurrenceView, Progress, Stage, Timing
from tifo.delivery.public import why_nothing_leaves
from tifo.kernel.public import Refused, clock, console
from tifo.lake.public import refresh

LOOK_AT_RATES = 2.0  # seconds between two looks at what came back

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


def _read(file: Path) -> CampaignDefinition:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(f"{file}: byte {error.start} is not UTF-8; save the file as UTF-8.") from None
    try:
        return read_campaign_file(text)
    except Refused as error:
        raise Refused(f"{file}: {error}") from None


def plain_progress(name: str, done: Progress) -> dict[str, Any]:
    """The figures that scripts rely on: planned is the sum of all outcomes and of what is open."""
    return {
        "campaign": name,
        "stage": str(done.stage),
        "planned": done.planned,
        "accepted": done.accepted,
        "refused": done.refused,
        "unknown": done.unknown,
        "suppressed": dict(done.suppressed),
        "expired": done.expired,
        "cancelled": done.cancelled,
        "open": done.open,
    }


def _in_words(figures: Mapping[str, Any]) -> list[str]:
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in figures["suppressed"].items())
    parts = [
        f"{figures[name]:,} {name}"
        for name in ("accepted", "refused", "unknown", "expired", "cancelled", "open")
    ]
    suppressed = sum(figures["suppressed"].values())
    parts.insert(1, f"{suppressed:,} suppressed" + (f" ({reasons})" if reasons else ""))
    return [
        f"{figures['campaign']}: {figures['stage']}",
        f"{figures['planned']:,} planned = " + " + ".join(parts),
    ]


def _checked(definition: CampaignDefinition) -> CheckResult:
    refresh()
    return check_definition(definition)


@click.command()
@FILE
@console.json_option
def check(file: Path, as_json: bool) -> None:
    """Look a campaign file over; errors would stop it."""
    found = _checked(_read(file))
    plain = [
        {"level": problem.level, "place": problem.place, "text": problem.text, "mend": problem.mend}
        for problem in found.problems
    ]
    lines = [f"{problem.level}: {problem}" for problem in found.problems]
    audience = "?" if found.audience_count is None else f"{found.audience_count:,}"
    console.out(
        {"audience": found.audience_count, "errors": len(found.of("error")), "problems": plain},
        as_json,
        [
            *lines,
            f"{audience} fans in the audience; {len(found.of('error'))} errors, {len(found.of('warning'))} warnings.",
        ],
    )
    if found.of("error"):
        raise SystemExit(1)


def _stop_or_say(found: CheckResult, *, yes: bool) -> None:
    if errors := found.of("error"):
        raise Refused("It can't be sent:\n" + "\n".join(f"  {problem}" for problem in errors))
    warnings = found.of("warning")
    for problem in warnings:
        click.echo(f"warning: {problem}", err=True)
    if warnings and not yes:
        raise Refused("Nothing was sent. Say --yes to go past the warnings above.")


@click.command()
@FILE
@click.option("--yes", is_flag=True, help="Go past warnings.")
@click.option(
    "--wait", is_flag=True, help="Come back when it has ended; does the work itself where no worker is up."
)
@click.option("--again", is_flag=True, help="Send it once more although it was sent before.")
@click.option("--at", type=click.DateTime(["%Y-%m-%dT%H:%M"]), help="When, in UTC; at once without.")
@click.option("--own-zone", is_flag=True, help="Read --at as the wall time in each fan's own zone.")
@console.json_option
def send(
    file: Path, yes: bool, wait: bool, again: bool, at: datetime | None, own_zone: bool, as_json: bool
) -> None:
    """Send a campaign file. The same file again resumes its sending, or finds it done and mails nobody."""
    definition = _read(file)
    if own_zone and at is None:
        raise Refused("--own-zone needs --at: the wall time at which it shall arrive.")
    _stop_or_say(_checked(definition), yes=yes)
    save_campaign(definition, by="command line")
    moment = at.replace(tzinfo=UTC) if at else None
    number = start(definition.name, timing=Timing(moment, own_zone), by="command line", again=again)
    if wait:
        _work_until_ended(number)
    figures = plain_progress(definition.name, progress(number))
    console.out(figures, as_json, _in_words(figures))
    _judge(occurrence(number), waited=wait)


def _judge(view: OccurrenceView, *, waited: bool) -> None:
    """Exit code 0 only when what was asked for has happened."""
    if view.stage is Stage.FAILED:
        raise Refused(view.error)
    if waited and view.stage is Stage.AWAITING_APPROVAL:
        raise Refused("It waits for the approval of a second person in the studio.")
    if waited and view.stage is Stage.HALTED:
        raise Refused(_why_halted(view))
    if waited and view.stage is not Stage.FINISHED:
        raise Refused(f"It is {view.stage}; nothing more leaves until somebody acts.")


def _why_halted(view: OccurrenceView) -> str:
    seen = watched(view.id)
    rates = [
        f"  {signal_word(rate.signal)}: {rate.count:,} of {rate.of:,}, "
        f"surely over {rate.low:.2%}; the limit is {rate.limit:.2%}"
        for rate in (seen.halted_for if seen else ())
    ]
    return "\n".join(
        [
            "It halted by itself; an approver looks at it in the studio and lets it go on, or cancels it.",
            *rates,
        ]
    )


def _waits_for(number: int) -> str:
    """What a sending in steps waits for; empty where it goes on by itself at once."""
    seen = watched(number)
    if seen is None or seen.watched_until is None or seen.watched_until <= clock.now():
        return ""
    following = seen.steps[seen.step + 1]
    return (
        f"Step {seen.step + 1} of {len(seen.steps)} has left and is watched until "
        f"{seen.watched_until.astimezone(UTC):%Y-%m-%d %H:%M} UTC; the next has {following.rows:,} fans."
    )


def _work_until_ended(number: int) -> None:
    """Take part in the work, beside any workers that are up, until nothing more happens by itself."""
    said, looked = "", 0.0
    with console.progress("sending") as advance:
        while True:
            view = occurrence(number)
            if view.stage not in (Stage.PLANNING, Stage.SCHEDULED, Stage.SENDING):
                return
            busy = plan_waiting()
            busy = begin_due() > 0 or busy
            busy = send_chunk() or busy
            if not busy or time.monotonic() - looked > LOOK_AT_RATES:
                busy, looked = watch_sendings() or busy, time.monotonic()
            done = progress(number)
            advance(done.settled, done.planned)
            if not busy:
                if (waits := _waits_for(number)) not in ("", said):
                    click.echo(waits, err=True)
                    said = waits
                if why := why_nothing_leaves():
                    raise Refused(f"{why} See tifo delivery epoch; it goes on once it may.")
                time.sleep(0.2)


@click.command("list")
@console.json_option
def list_campaigns(as_json: bool) -> None:
    """All campaigns and where their last sending stands."""
    rows = [
        {"name": view.name, "stage": str(view.occurrences[0].stage) if view.occurrences else "draft"}
        for view in campaigns()
    ]
    console.out(rows, as_json, [f"{row['name']}: {row['stage']}" for row in rows] or ["No campaign yet."])


@click.command()
@click.argument("name")
def export(name: str) -> None:
    """Print the campaign file of a campaign."""
    click.echo(write_campaign_file(campaign(name).definition), nl=False)


def _open_occurrence(name: str) -> OccurrenceView:
    campaign(name)
    view = latest_occurrence(name)
    if view is None:
        raise Refused(f"{name} was never started.")
    return view


def _acting(verb: str, act: Callable[[int], None], words: str) -> click.Command:
    @click.command(verb, help=words)
    @click.argument("name")
    @console.json_option
    def command(name: str, as_json: bool) -> None:
        view = _open_occurrence(name)
        act(view.id)
        figures = plain_progress(name, progress(view.id))
        console.out(figures, as_json, _in_words(figures))

    return command


COMMANDS: dict[str, click.Command] = {
    "campaigns check": check,
    "campaigns send": send,
    "campaigns list": list_campaigns,
    "campaigns export": export,
    "campaigns pause": _acting("pause", pause, "Let nothing more leave until it is resumed."),
    "campaigns resume": _acting("resume", resume, "Go on where it was paused."),
    "campaigns cancel": _acting("cancel", cancel, "Send nothing more of it, for good."),
    "campaigns start": _acting("start", start_missed, "Begin a sending whose hour has passed."),
}
