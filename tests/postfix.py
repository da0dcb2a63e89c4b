"""A real Postfix on loopback for a test: its own configuration, queue, port and log; gone at the end.

It needs root (Postfix changes its user) and Debian's package `postfix`.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from smtplib import SMTP

import pytest

from tests.processes import free_port

PROGRAMS = Path("/usr/lib/postfix/sbin")
SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """A server under way."""

    port: int
    folder: Path
    log: Path

    @property
    def url(self) -> str:
        """As TIFO_SMTP_URL takes it."""
        return f"smtp://127.0.0.1:{self.port}?connections=2"

    def control(self, word: str) -> None:
        """`postfix stop`, `abort`, `reload`, `logrotate` …"""
        subprocess.run(
            ["/usr/sbin/postfix", "-c", str(self.folder / "config"), word], check=True, capture_output=True
        )


@contextmanager
def postfix(**settings: str) -> Iterator[Postfix]:
    """A server that takes every mail and drops it (`default_transport=discard:`), unless `settings` say otherwise."""
    if os.geteuid() or not (PROGRAMS / "master").exists():
        pytest.skip("needs root and Debian's postfix: Postfix changes its user")
    folder = Path(tempfile.mkdtemp(prefix="tifo-postfix-"))
    folder.chmod(0o755)
    port = free_port()
    for name in ("config", "queue", "data"):
        (folder / name).mkdir(mode=0o755)
    shutil.chown(folder / "data", "postfix")
    values: Mapping[str, str] = {
        "compatibility_level": "3.6",
        "queue_directory": str(folder / "queue"),
        "data_directory": str(folder / "data"),
        "daemon_directory": str(PROGRAMS),
        "command_directory": "/usr/sbin",
        "maillog_file": str(folder / "mail.log"),
        "maillog_file_prefixes": str(folder),
        "maillog_file_compressor": "true",
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "myhostname": "relay.example",
        "mydestination": "",
        "mynetworks": "127.0.0.0/8",
        "default_transport": "discard:",
        "alias_maps": "",
        "alias_database": "",
        "local_recipient_maps": "",
        "smtputf8_enable": "no",
        "smtp_host_lookup": "native",
        "smtpd_peername_lookup": "no",
        **settings,
    }
    lines = [f"{name} = {value}" for name, value in values.items()]
    (folder / "config" / "main.cf").write_text("\n".join(lines) + "\n")
    (folder / "config" / "master.cf").write_text(SERVICES.format(port=port))
    server = Postfix(port, folder, folder / "mail.log")
    try:
        server.control("start")
        try:
            _wait(port)
            yield server
        finally:
            server.control("abort")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(port: int, seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            with SMTP("127.0.0.1", port, timeout=2):
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
