"""`tifo delivery …`"""

import signal
import threading
from dataclasses import asdict

import click
from django.conf import settings

from tifo.delivery.public import (
    doubts,
    doubts_count,
    fetch_inbound,
    inbound_counts,
    may_send_here,
    open_transport,
    raise_epoch,
    release_sending,
    send_waiting_letters,
    sending_state,
    serve_inbound,
    suppress,
    unsuppress,
    waiting,
)
from tifo.fans.public import destination_key
from tifo.kernel.public import Refused, console


@click.command()
@console.json_option
def letters(as_json: bool) -> None:
    """Send the service mail that waits, where no worker runs."""
    sent = send_waiting_letters(open_transport, keep=False)
    console.out({"sent": sent}, as_json, [f"{sent} letters handled."])


@click.command("suppress")
@click.argument("address")
@click.option("--reason", default="asked", show_default=True, help="asked, bounced or complained")
@console.json_option
def suppress_address(address: str, reason: str, as_json: bool) -> None:
    """Send nothing more to ADDRESS. Only its keyed hash is kept."""
    suppress(destination_key("email", address), reason)
    console.out({"suppressed": True}, as_json, ["Nothing more will be sent to this address."])


@click.command("unsuppress")
@click.argument("address")
@console.json_option
def unsuppress_address(address: str, as_json: bool) -> None:
    """Let ADDRESS be written to again."""
    was = unsuppress(destination_key("email", address))
    words = "It may be written to again." if was else "It was not suppressed."
    console.out({"was_suppressed": was}, as_json, [words])


@click.command()
@console.json_option
def epoch(as_json: bool) -> None:
    """Whether this base sends, and from where."""
    state = sending_state()
    may, why = may_send_here()
    result = {
        "epoch": state.number,
        "raised_at": state.raised_at,
        "may_send_here": may,
        "why_not": why or None,
        "stopped_at": state.stopped_at,
        "findings": list(state.findings),
        "places": [asdict(place) for place in state.places],
    }
    lines = [f"Epoch {state.number}. " + ("This place may send." if may else why)]
    lines += [
        f"  {place.state:<8} {place.host} {place.folder}, {place.windows:,} windows, "
        f"seen {place.seen_at:%Y-%m-%d %H:%M:%S} UTC" + (f": {place.why}" if place.why else "")
        for place in state.places
    ]
    console.out(result, as_json, lines)


@click.command("raise-epoch")
@click.option("--because", required=True, help="Why; it stands in the audit trail.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@console.json_option
def raise_the_epoch(because: str, yes: bool, as_json: bool) -> None:
    """Say that this base, here, is the one that sends, and that no copy of it does."""
    left = waiting()
    if not yes:
        for one in left:
            click.echo(f"{one.messages:,} messages of {one.label!r} would leave now.", err=True)
        click.echo(
            "What left after a backup was made, the backup does not know: it would leave again.", err=True
        )
        click.confirm(
            "Has every other copy of this base stopped, and shall this one send?", abort=True, err=True
        )
    number = raise_epoch(None, because)
    result = {"epoch": number, "waiting": [one._asdict() for one in left]}
    console.out(result, as_json, [f"Epoch {number}: this base sends."])


@click.command("release")
@click.option("--because", required=True, help="What was mended; it stands in the audit trail.")
@console.json_option
def release(because: str, as_json: bool) -> None:
    """Let sending go on after what the daily check found was mended."""
    release_sending(None, because)
    console.out({"released": True}, as_json, ["Sending goes on."])


@click.command("doubts")
@console.json_option
def list_doubts(as_json: bool) -> None:
    """Messages that the mail server may have or not. Names stand in the studio, for those who may see them."""
    found = doubts(limit=10_000)
    lines = [
        f"{one.message_id:>10}  {one.label}  fan {one.fan_id}  since {one.since:%Y-%m-%d %H:%M} UTC  {one.reason}"
        for one in found
    ]
    result = {"count": doubts_count(), "doubts": [one._asdict() for one in found]}
    console.out(result, as_json, lines or ["No message rests in doubt."])


@click.command()
def inbound_serve() -> None:
    """Listen at TIFO_INBOUND_BIND (LMTP) for bounces, complaints and answers that the mail server hands over."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    serve_inbound(stop.is_set)


@click.command()
@console.json_option
def inbound_fetch(as_json: bool) -> None:
    """Read the mailbox of TIFO_INBOUND_IMAP_URL once; the worker does so every half minute."""
    if not settings.TIFO_INBOUND_IMAP_URL:
        raise Refused(
            "There is no mailbox to read: set TIFO_INBOUND_IMAP_URL, e.g. imaps://user:password@host."
        )
    read = fetch_inbound()
    console.out({"read": read}, as_json, [f"{read} mails read."])


@click.command()
@console.json_option
def inbound_counts_shown(as_json: bool) -> None:
    """How many reports came back, by source and what became of them."""
    counted = inbound_counts()
    console.out(
        [
            {"source": source, "outcome": outcome, "count": n}
            for (source, outcome), n in sorted(counted.items())
        ],
        as_json,
        [f"{source:10} {outcome:10} {n}" for (source, outcome), n in sorted(counted.items())]
        or ["Nothing yet."],
    )


COMMANDS: dict[str, click.Command] = {
    "inbound serve": inbound_serve,
    "inbound fetch": inbound_fetch,
    "inbound counts": inbound_counts_shown,
    "delivery doubts": list_doubts,
    "delivery epoch": epoch,
    "delivery letters": letters,
    "delivery raise-epoch": raise_the_epoch,
    "delivery release": release,
    "delivery suppress": suppress_address,
    "delivery unsuppress": unsuppress_address,
}
