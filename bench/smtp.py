"""Messages a second into Postfix's smtp-sink: our client beside smtp-source, same connections, same size.

    .venv/bin/python bench/smtp.py [--messages 20000] [--connections 20] [--size 15000] [--json]

The transport alone (no ledger, no weaving): what the wire and the client can do. Each side runs `--rounds` times,
one after the other, against the same sink; the best round of each counts.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

WINDOW = 500
SINK, SOURCE = "/usr/sbin/smtp-sink", "/usr/sbin/smtp-source"


@contextmanager
def smtp_sink() -> Iterator[int]:
    """Postfix's load sink on a free port of loopback."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    user = ["-u", "postfix"] if os.geteuid() == 0 else []
    process = subprocess.Popen([SINK, *user, f"127.0.0.1:{port}", "500"], stdout=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait()


def ours(port: int, messages: int, connections: int, size: int) -> tuple[float, float]:
    """(messages a second, processor µs a message)."""
    from tifo.delivery.adapters.smtp import SmtpTransport
    from tifo.delivery.adapters.smtp.address import server_address
    from tifo.delivery.public import Flight, Parcel, Verdict

    head = b"Subject: bench\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"
    content = head + (b"x" * 74 + b"\r\n") * max(1, (size - len(head)) // 76)
    server = server_address(f"smtp://127.0.0.1:{port}?connections={connections}")
    began, worked = time.perf_counter(), time.process_time()

    def landed(flight: Flight) -> None:
        if any(outcome.verdict is not Verdict.ACCEPTED for outcome in flight.wait(120)):
            sys.exit("the sink did not take everything")

    with SmtpTransport(server, lambda _: True) as transport:
        flights: list[Flight] = []
        for first in range(0, messages, WINDOW):
            numbers = range(first, min(first + WINDOW, messages))
            flights.append(
                transport.hand_over(
                    # as woven messages are: their makers vouch for the lines
                    [Parcel(n, "news@tifo.example", f"fan{n}@example.org", content, True) for n in numbers]
                )
            )
            if len(flights) > 2:
                landed(flights.pop(0))
        for flight in flights:
            landed(flight)
    took = time.perf_counter() - began
    return messages / took, (time.process_time() - worked) / messages * 1e6


def theirs(port: int, messages: int, connections: int, size: int) -> float:
    """Postfix's smtp-source, keeping its connections as we do (-d)."""
    began = time.perf_counter()
    subprocess.run(
        [SOURCE, "-d", "-s", str(connections), "-l", str(size), "-m", str(messages),
         "-f", "news@tifo.example", "-t", "fan@example.org", f"127.0.0.1:{port}"],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return messages / (time.perf_counter() - began)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--messages", type=int, default=20_000)
    options.add_argument("--connections", type=int, default=20)
    options.add_argument("--size", type=int, default=15_000)
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--json", action="store_true")
    options.add_argument("--port", type=int, help="of a sink that is there; then ours alone, once")
    said = options.parse_args()
    if not (shutil.which(SINK) and shutil.which(SOURCE)):
        sys.exit("smtp-sink and smtp-source are missing: apt-get install postfix")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tifo.server.settings")
    import django

    django.setup()
    if said.port:
        rate, work = ours(said.port, said.messages, said.connections, said.size)
        print(json.dumps({"messages": said.messages, "seconds": said.messages / rate, "processor_us": work}))
        return
    mine, processor, postfix = 0.0, 0.0, 0.0
    with smtp_sink() as port:
        for _ in range(said.rounds):
            rate, work = ours(port, said.messages, said.connections, said.size)
            if rate > mine:
                mine, processor = rate, work
            postfix = max(postfix, theirs(port, said.messages, said.connections, said.size))
    result = {
        "messages": said.messages,
        "connections": said.connections,
        "size": said.size,
        "tifo_per_second": round(mine),
        "tifo_processor_us": round(processor, 1),
        "smtp_source_per_second": round(postfix),
    }
    if said.json:
        print(json.dumps(result))
        return
    print(f"{said.messages} messages of {said.size} bytes over {said.connections} connections into smtp-sink")
    print(f"  tifo         {mine:8.0f} a second  ({processor:.0f} µs of processor a message)")
    print(f"  smtp-source  {postfix:8.0f} a second")


if __name__ == "__main__":
    main()
