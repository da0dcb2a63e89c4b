"""`python -m bench.suppressing FANS COUNT`: addresses that asked for no more mail, known by their keyed hash."""

import json
import sys

import django

django.setup()

from django.db import transaction  # noqa: E402  Django first

from bench.people import addresses  # noqa: E402
from tifo.delivery.actions.suppression import note_suppressed  # noqa: E402
from tifo.fans.public import destination_key  # noqa: E402
from tifo.kernel.public import clock  # noqa: E402


def main() -> None:
    """One line of JSON."""
    fans, count = int(sys.argv[1]), int(sys.argv[2])
    keys = [destination_key("email", address) for address in addresses(fans, count)]
    with transaction.atomic():
        note_suppressed(keys, "asked", clock.now())
    print(json.dumps({"suppressed": len(keys)}))


main()
