"""`tifo doctor`: is this house fit to run, and if not, what mends it. Looks only; changes nothing."""

import os
import shutil
import smtplib
import ssl
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Literal
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import click
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from tifo.delivery.public import epoch_file, may_send_here, sending_state
from tifo.kernel.public import Refused, clock, console, failing_reactions, jobs
from tifo.lake.public import current_generation
from tifo.server.alarms import ROOM_NEEDED, WORKER_QUIET
from tifo.server.audit import PROMISES, audit_promises
from tifo.server.relay import LONGEST, queue_lifetime

FRESH = timedelta(minutes=15)
PATIENCE = 5  # seconds for another machine to answer

State = Literal["good", "watch", "stop"]
MARKS: dict[State, str] = {"good": "ok   ", "watch": "watch", "stop": "STOP "}


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `stop`: it can't work so; `watch`: it works, but not as it should."""

    subject: str
    state: State
    says: str
    mend: str = ""


def _folder() -> Iterator[Finding]:
    folder = settings.TIFO_DATA
    if not os.access(folder, os.W_OK):
        mend = "let the user that runs tifo write there, or choose another TIFO_DATA"
        yield Finding("data folder", "stop", f"{folder} can't be written", mend)
        return
    free = shutil.disk_usage(folder).free
    state: State = "good" if free >= ROOM_NEEDED else "watch"
    mend = "" if state == "good" else "make room: the lake is written anew beside the old one"
    yield Finding("data folder", state, f"{folder}, {free / 1e9:,.1f} GB free", mend)


def _database() -> Iterator[Finding]:
    try:
        executor = MigrationExecutor(connection)
    except DatabaseError as error:
        mend = "start the database server, or mend TIFO_DATABASE_URL"
        yield Finding(
            "database", "stop", f"{connection.vendor} does not answer ({type(error).__name__})", mend
        )
        return
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        yield Finding("database", "stop", f"{len(waiting)} changes of its tables wait", "tifo migrate")
        return
    yield Finding("database", "good", f"{connection.vendor}, up to date")
    seen = jobs.worker_seen(WORKER_QUIET)
    says = "at work" if seen else "none is up: nothing is sent and no figure gets newer"
    yield Finding("worker", "good" if seen else "watch", says, "" if seen else "tifo worker, or tifo serve")
    for name, failures, kind in failing_reactions():
        mend = "see the worker's log; it is tried again by itself"
        yield Finding(f"reaction {name}", "watch", f"failed {failures} times, last by {kind}", mend)


def _sending() -> Iterator[Finding]:
    try:
        state = sending_state()
        may, why = may_send_here()
    except DatabaseError:
        return  # said above
    except Refused as refused:
        yield Finding("sending", "stop", str(refused), "TIFO_EPOCH_FILE=/another/place")
        return
    says, mend = state.alarm or why, ""
    if state.kind == "audit":
        mend = "tifo doctor --audit says what is broken; mend it, then tifo delivery release"
    elif says:
        mend = "if no other copy of this base sends: tifo delivery raise-epoch"
    if says:
        yield Finding("sending", "stop", str(says), mend)
        return
    try:
        file = epoch_file()
        shared = file.parent.exists() and file.parent.stat().st_dev == settings.TIFO_DATA.stat().st_dev
    except OSError:
        shared = False
    if settings.PRODUCTION and may and shared:
        mend = "TIFO_EPOCH_FILE on another disk: a snapshot of this one takes both back in time, unnoticed"
        yield Finding("sending", "watch", "the epoch's file lies on the disk of the data", mend)
        return
    yield Finding("sending", "good", f"epoch {state.number}")


def _lake() -> Iterator[Finding]:
    try:
        generation = current_generation()
    except Refused as error:
        yield Finding("lake", "stop", str(error), "start its server, or correct TIFO_LAKE_URL")
        return
    if generation is None:
        yield Finding("lake", "watch", "not there yet, so audiences can't be counted", "tifo lake refresh")
        return
    age = clock.now() - generation.as_of
    state: State = "good" if age < FRESH else "watch"
    mend = "" if state == "good" else "start a worker, or tifo lake refresh"
    yield Finding("lake", state, f"as of {generation.as_of:%Y-%m-%d %H:%M} UTC", mend)


def _mail_server() -> Iterator[Finding]:
    url = urlsplit(settings.TIFO_SMTP_URL)
    place = f"{url.hostname}:{url.port or 25}"
    try:
        with smtplib.SMTP(url.hostname or "", url.port or 25, timeout=PATIENCE) as server:
            server.ehlo()
            secure = server.has_extn("starttls")
            if secure and not settings.TIFO_SMTP_URL.startswith("smtp://127."):
                server.starttls(context=ssl.create_default_context())
    except (OSError, smtplib.SMTPException) as error:
        mend = "start it (tifo serve has one built in), or mend TIFO_SMTP_URL"
        yield Finding("mail server", "watch", f"{place}: {type(error).__name__}", mend)
        return
    yield Finding("mail server", "good", f"{place} answers{', encrypted' if secure else ''}")


def _tracker() -> Iterator[Finding]:
    url = settings.TIFO_TRACK_URL
    try:
        with urlopen(f"{url}/", timeout=PATIENCE):  # noqa: S310  our own setting
            pass
    except HTTPError:
        pass  # it has no page there, but it answers
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        mend = "start it (tifo tracker), or mend TIFO_TRACK_URL: links in mails lead there"
        yield Finding("tracker", "watch", f"{url}: {reason}", mend)
        return
    yield Finding("tracker", "good", f"{url} answers")


def _production() -> Iterator[Finding]:
    if not settings.PRODUCTION:
        allowed = ", ".join(settings.TIFO_ALLOWED_RECIPIENTS)
        yield Finding("environment", "good", f"development: only {allowed} are mailed")
        return
    for name in ("TIFO_PUBLIC_URL", "TIFO_TRACK_URL"):
        encrypted = getattr(settings, name).startswith("https://")
        says = "https" if encrypted else "not https: fans' links and sessions can be read on the way"
        yield Finding(name, "good" if encrypted else "stop", says, "" if encrypted else f"{name}=https://…")
    set_ = settings.TIFO_APPROVAL_ABOVE is not None
    says = (
        f"above {settings.TIFO_APPROVAL_ABOVE} fans" if set_ else "off: one person alone can mail everybody"
    )
    yield Finding("approval", "good" if set_ else "watch", says, "" if set_ else "TIFO_APPROVAL_ABOVE=10000")


def _what_comes_back() -> Iterator[Finding]:
    if settings.PRODUCTION:
        set_ = bool(settings.TIFO_RETURN_PATH)
        says = "bounces come back" if set_ else "off: addresses that are gone are written to again and again"
        yield Finding(
            "bounces", "good" if set_ else "watch", says, "" if set_ else "TIFO_RETURN_PATH=bounces@…"
        )
    if not settings.TIFO_RELAY_LOG:
        return
    lifetime = queue_lifetime()
    if lifetime is None:
        return
    short = lifetime <= LONGEST
    says = f"mail lies in Postfix's queue for {lifetime} at most" + (
        "" if short else ": no withdrawal reaches it there"
    )
    yield Finding(
        "relay", "good" if short else "watch", says, "" if short else "postconf maximal_queue_lifetime=1h"
    )


EXAMINATIONS: tuple[Callable[[], Iterator[Finding]], ...] = (
    _production,
    _folder,
    _database,
    _sending,
    _lake,
    _mail_server,
    _what_comes_back,
    _tracker,
)


def examine() -> list[Finding]:
    """Everything that was looked at, in the order in which it should be mended."""
    return [finding for examination in EXAMINATIONS for finding in examination()]


def audited() -> list[Finding]:
    """What the daily check finds, a finding for each promise that is broken, one line where all hold."""
    broken = audit_promises()
    return [
        Finding(one.promise, "stop", f"{one.says} {', '.join(one.examples)} ({one.count:,})", str(one.mend))
        for one in broken
    ] or [Finding("promises", "good", f"{', '.join(PROMISES)} hold over the whole base")]


@click.command("doctor")
@click.option(
    "--audit",
    is_flag=True,
    help="Hold the whole base against what is promised; what is broken stops sending.",
)
@console.json_option
def doctor(audit: bool, as_json: bool) -> None:
    """Look whether everything tifo needs is there; exit code 1 when something must be mended first."""
    findings = audited() if audit else examine()
    lines = [
        f"{MARKS[one.state]} {one.subject:<14} {one.says}" + (f"\n{'':21}→ {one.mend}" if one.mend else "")
        for one in findings
    ]
    console.out([asdict(one) for one in findings], as_json, lines)
    if any(one.state == "stop" for one in findings):
        sys.exit(1)
