"""Two real spam filters on what we send, without a network: nothing is asked of the DNS, of block lists or of anybody.

They need Debian's packages rspamd and spamassassin.
"""

import http.client
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.delivery.world import Parcel
from tests.processes import free_port

RSPAMD, SPAMASSASSIN = Path("/usr/bin/rspamd"), Path("/usr/bin/spamassassin")
OFF = (
    "rbl",
    "fuzzy_check",
    "asn",
    "neural",
    "phishing",
    "spf",
    "dmarc",
    "arc",
    "mx_check",
    "hfilter",
    "url_redirector",
)
_RULE = re.compile(r"^\s*(-?\d+\.\d+)\s+([A-Z][A-Z0-9_]+)\s", re.MULTILINE)
_SUM = re.compile(r"\((-?\d+\.\d+) points, (\d+\.\d+) required\)")

Verdict = tuple[float, dict[str, float]]  # the sum, and the rules that fired


def spamassassin(content: bytes, home: Path) -> Verdict:
    """What SpamAssassin says; `-L`: local rules only."""
    if not SPAMASSASSIN.exists():
        pytest.skip("needs Debian's spamassassin (tools/system-packages mail)")
    said = subprocess.run(
        [SPAMASSASSIN, "-L", "-t", "-x"],
        input=content,
        capture_output=True,
        check=True,
        env={**os.environ, "HOME": str(home)},
    ).stdout.decode("utf-8", "replace")
    table = said[said.index("Content analysis details:") :]
    total = _SUM.search(table)
    assert total is not None
    return float(total[1]), {name: float(score) for score, name in _RULE.findall(table)}


class Rspamd:
    """A filter under way."""

    def __init__(self, port: int) -> None:
        self.port = port

    def check(self, content: bytes, parcel: Parcel) -> Verdict:
        """What it says of a message that came from our relay."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        envelope = {
            "From": parcel.sender,
            "Rcpt": parcel.recipient,
            "Helo": "mail.valmera.example",
            "Hostname": "mail.valmera.example",
            "IP": "192.0.2.25",
        }
        client.request("POST", "/checkv2", content, envelope)
        said = json.loads(client.getresponse().read())
        client.close()
        return said["score"], {name: one["score"] for name, one in said["symbols"].items()}


@contextmanager
def rspamd() -> Iterator[Rspamd]:
    """Debian's rules, in a folder of its own; whatever would ask the network is off."""
    if not RSPAMD.exists():
        pytest.skip("needs Debian's rspamd (tools/system-packages mail)")
    folder = Path(tempfile.mkdtemp(prefix="tifo-rspamd-"))
    local, port = folder / "local.d", free_port()
    for made in (local, folder / "override.d", folder / "db", folder / "log"):
        made.mkdir()
    files = {f"{name}.conf": "enabled = false;" for name in OFF}
    files |= {f"worker-{name}.inc": "enabled = false;" for name in ("controller", "proxy", "fuzzy")}
    files["options.inc"] = (
        'dns { nameserver = ["127.0.0.1:9"]; timeout = 20ms; retransmits = 1; }\npidfile = false;'
    )
    files["worker-normal.inc"] = f'bind_socket = "127.0.0.1:{port}"; count = 1;'
    files["logging.inc"] = f'type = "file"; filename = "{folder}/log/rspamd.log"; level = "error";'
    for name, text in files.items():
        (local / name).write_text(text + "\n")
    places = {"LOCAL_CONFDIR": folder, "DBDIR": folder / "db", "RUNDIR": folder, "LOGDIR": folder / "log"}
    process = subprocess.Popen(
        [
            RSPAMD,
            "-f",
            *(["-i"] if os.geteuid() == 0 else []),
            *(f"--var={name}={path}" for name, path in places.items()),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 60
        while True:
            try:
                client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                client.request("GET", "/ping")
                if client.getresponse().status == 200:
                    break
            except OSError:
                pass
            assert process.poll() is None, "rspamd ended"
            assert time.monotonic() < end
            time.sleep(0.2)
        yield Rspamd(port)
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)
