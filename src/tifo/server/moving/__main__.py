"""One end of a move, in a process whose settings name its database: `python -m tifo.server.moving send|receive`."""

import json
import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured


def main() -> None:
    """Send this base to standard output, or take one from standard input and say what was taken."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tifo.server.settings")
    try:
        django.setup()
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    from django.core.management import call_command
    from django.db import DatabaseError

    from tifo.kernel.public import Refused, without_addresses
    from tifo.server.mends import mend_of
    from tifo.server.moving import stream

    end, *how = sys.argv[1:]
    try:
        if end == "send":
            stream.send(sys.stdout.buffer, hold="--hold" in how)
            return
        call_command("migrate", verbosity=0, interactive=False)
        sys.stdout.write(json.dumps(stream.receive(sys.stdin.buffer)))
    except Refused as error:
        sys.exit(str(error))
    except BrokenPipeError:
        os._exit(1)  # the other end says why
    except (DatabaseError, OSError) as error:
        sys.exit(mend_of(error) or without_addresses(f"{type(error).__name__}: {error}"))


main()
