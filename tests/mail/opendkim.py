"""A real OpenDKIM milter on loopback for a test, with a fresh key. It needs Debian's packages opendkim and openssl."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection

import pytest

from tests.processes import free_port

PROGRAM = Path("/usr/sbin/opendkim")
SIGNED = (  # RFC 6376, 5.4.1, and what RFC 8058 wants under the signature
    "From,Reply-To,Subject,Date,To,Message-ID,MIME-Version,Content-Type,List-Id,List-Unsubscribe,"
    "List-Unsubscribe-Post,Feedback-ID"
)


@dataclass(frozen=True)
class OpenDkim:
    """A milter under way."""

    port: int
    selector: str
    record: bytes  # what DNS would say under <selector>._domainkey.<domain>

    @property
    def milter(self) -> str:
        """As Postfix's smtpd_milters takes it."""
        return f"inet:127.0.0.1:{self.port}"


@contextmanager
def opendkim(domain: str) -> Iterator[OpenDkim]:
    """Signs what is sent from `domain`, as docs/how-to/use-your-mail-server.md sets it up."""
    if not PROGRAM.exists() or shutil.which("openssl") is None:
        pytest.skip("needs Debian's opendkim and openssl (tools/system-packages)")
    folder = Path(tempfile.mkdtemp(prefix="tifo-dkim-"))
    key = folder / "key"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    key.chmod(0o600)
    public = subprocess.run(
        ["openssl", "rsa", "-in", key, "-pubout", "-outform", "PEM"], check=True, capture_output=True
    ).stdout
    record = b"v=DKIM1; k=rsa; p=" + b"".join(public.splitlines()[1:-1])
    port = free_port()
    (folder / "opendkim.conf").write_text(
        f"Socket inet:{port}@127.0.0.1\nDomain {domain}\nSelector news\nKeyFile {key}\nMode s\n"
        "Canonicalization relaxed/relaxed\nInternalHosts 127.0.0.1\nBackground no\nSyslog no\n"
        f"SignHeaders {SIGNED}\nOversignHeaders From\nRequireSafeKeys no\nPidFile {folder}/pid\n"
    )
    process = subprocess.Popen(
        [PROGRAM, "-f", "-x", folder / "opendkim.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + 10
        while True:
            try:
                create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None, "opendkim ended"
                assert time.monotonic() < end
                time.sleep(0.05)
        yield OpenDkim(port, "news", record)
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)
