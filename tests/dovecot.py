"""A real Dovecot on loopback for a test: its own configuration, mail and port; gone at the end.

It needs Debian's package `dovecot-imapd`, and no privileges: where it starts as root it makes itself small.
"""

import getpass
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from imaplib import IMAP4
from pathlib import Path

import pytest

from tests.processes import free_port

PROGRAM = Path("/usr/sbin/dovecot")
USER, PASSWORD = "bounces", "open-sesame"
CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
mail_location = maildir:{folder}/mail
mail_uid = {mail}
mail_gid = {mail}
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={mail} gid={mail} home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """A server under way, with one mailbox."""

    port: int

    @property
    def url(self) -> str:
        """As TIFO_INBOUND_IMAP_URL takes it."""
        return f"imap://{USER}:{PASSWORD}@127.0.0.1:{self.port}/INBOX"

    def put(self, content: bytes) -> None:
        """A mail arrives."""
        with self._client() as client:
            client.append("INBOX", None, None, content)  # type: ignore[arg-type]

    def left(self, which: str = "UNSEEN") -> int:
        """How many mails nobody has read; with ALL, how many there are."""
        with self._client() as client:
            client.select("INBOX", readonly=True)
            return len(client.search(None, which)[1][0].split())

    def _client(self) -> IMAP4:
        client = IMAP4("127.0.0.1", self.port, timeout=5)
        client.login(USER, PASSWORD)
        return client


@contextmanager
def dovecot() -> Iterator[Dovecot]:
    """An empty mailbox behind a real IMAP server."""
    if not PROGRAM.exists():
        pytest.skip("needs Debian's dovecot-imapd (tools/system-packages)")
    folder = Path(tempfile.mkdtemp(prefix="tifo-dovecot-"))
    folder.chmod(0o755)
    root = os.geteuid() == 0
    me = getpass.getuser()
    mail = "nobody" if root else me
    for name in ("mail", "home", "run"):
        (folder / name).mkdir()
    if root:
        for name in ("mail", "home"):
            shutil.chown(folder / name, mail)
    port = free_port()
    (folder / "dovecot.conf").write_text(
        CONFIGURATION.format(
            folder=folder,
            port=port,
            password=PASSWORD,
            mail=mail if not root else "65534",
            internal="dovecot" if root else me,
            internal_group="dovecot" if root else me,
            login="dovenull" if root else me,
        )
    )
    process = subprocess.Popen(
        [PROGRAM, "-F", "-c", folder / "dovecot.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    server = Dovecot(port)
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                server.left("ALL")
                break
            except (OSError, IMAP4.error):
                assert process.poll() is None, (folder / "dovecot.log").read_text()
                assert time.monotonic() < deadline, (folder / "dovecot.log").read_text()
                time.sleep(0.05)
        yield server
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)
