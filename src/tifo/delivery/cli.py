"""`tifo delivery …`"""

from dataclasses import asdict

import click

from tifo.delivery.public import (
    may_send_here,
    open_transport,
    raise_epoch,
    release_sending,
    send_waiting_letters,
    sending_state,
    suppress,
    unsuppress,
    waiting,
)
from tifo.fans.public import destination_key
from tifo.kernel.public import console


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


COMMANDS: dict[str, click.Command] = {
    "delivery epoch": epoch,
    "delivery letters": letters,
    "delivery raise-epoch": raise_the_epoch,
    "delivery release": release,
    "delivery suppress": suppress_address,
    "delivery unsuppress": unsuppress_address,
}
