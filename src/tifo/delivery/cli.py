"""`tifo delivery …`"""

import click

from tifo.delivery.public import open_transport, send_waiting_letters, suppress, unsuppress
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


COMMANDS: dict[str, click.Command] = {
    "delivery letters": letters,
    "delivery suppress": suppress_address,
    "delivery unsuppress": unsuppress_address,
}
