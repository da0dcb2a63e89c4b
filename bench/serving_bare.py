"""`python -m bench.serving_bare PORT`: the bare app on the tracker's server, with the tracker's settings."""

import sys

from granian import Granian
from granian.constants import Interfaces

if __name__ == "__main__":
    Granian(
        "bench.bare:app",
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.ASGI,
        workers=1,
        websockets=False,
        log_level="warning",  # type: ignore[arg-type]
    ).serve()
