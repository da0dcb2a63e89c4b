"""The tutorial, as a newcomer walks it: every file and command of the page, and what it says they answer."""

import json
import sqlite3
import time
from contextlib import closing
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from re import search
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest

from tests.docs.pages import DOCS
from tests.docs.walking import ON_SQLITE, Shell, agrees, steps

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SOON = 2.5  # seconds: who clicks within two of the hand-over is taken for a scanner


class _Stay(HTTPRedirectHandler):
    """Don't follow: where links lead is not on this machine."""

    def redirect_request(self, *_: object) -> None:
        return None


def _mails(data: Path) -> dict[str, EmailMessage]:
    with closing(sqlite3.connect(data / "inbox" / "mails.sqlite3")) as file:
        rows = file.execute("SELECT recipient, raw FROM mail ORDER BY id DESC").fetchall()
    return {recipient: message_from_bytes(raw, policy=default) for recipient, raw in rows}


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def _press(url: str, data: bytes | None = None) -> int:
    try:
        asked = Request(url, data, {"User-Agent": BROWSER})  # noqa: S310  from our own mail
        with build_opener(_Stay).open(asked, timeout=10) as answer:
            return int(answer.status)
    except HTTPError as redirect:
        return redirect.code


def _look_into_the_inbox(data: Path) -> None:
    """What the page says stands there."""
    mails = _mails(data)
    assert set(mails) == {"lea@example.org", "tom@example.org", "ana@example.org", "salma@example.org"}
    assert mails["lea@example.org"]["Subject"] == "Ta semaine, Léa"
    lea, tom = _text(mails["lea@example.org"]), _text(mails["tom@example.org"])
    assert "19:00" in lea
    assert "07:00" in lea
    assert "porte C" in lea
    assert "gate D" in tom
    assert "Surfing" not in tom
    assert "Las últimas entradas de judo" in _text(mails["ana@example.org"])
    assert "The first titles" in _text(mails["salma@example.org"])


def _do_as_ana_and_tom(shell: Shell, data: Path) -> None:
    mails = _mails(data)
    button = search(r"http://[^\s>]+/c/[^\s>]+", _text(mails["ana@example.org"]))
    assert button is not None
    time.sleep(SOON)
    assert _press(button[0]) == 302
    leave = search(r"<(http[^>]+)>", mails["tom@example.org"]["List-Unsubscribe"])
    assert leave is not None
    assert _press(leave[1], b"List-Unsubscribe=One-Click") == 200
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        report = json.loads(shell.run("tifo campaigns report the-week-of-judo --json"))
        if report["clicked"]["certain"] and report["unsubscribed"]["count"]:
            return
        time.sleep(1)


@ON_SQLITE
@pytest.mark.timeout(240)
def test_every_command_of_the_tutorial_answers_as_the_page_says(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    data = tmp_path / "my-event" / "data"
    said, sent = "", 0
    try:
        for step in steps(DOCS / "tutorial.md"):
            if step.kind == "file":
                shell.save(step)
            elif step.kind == "text":
                assert agrees(said, step.body), f"the page shows\n{step.body}\nbut it said\n{said}"
            else:
                if "campaigns report" in step.body:
                    _do_as_ana_and_tom(shell, data)
                said = shell.run(step.body)
                if "campaigns send" in step.body and not sent:
                    _look_into_the_inbox(data)
                    sent += 1
    finally:
        shell.close()
    assert sent == 1
    assert {mail["To"].addresses[0].addr_spec for mail in _mails(data).values()} == {
        "lea@example.org",
        "tom@example.org",
        "ana@example.org",
        "salma@example.org",
    }


def test_outputs_are_compared_whole() -> None:
    assert agrees("4 fans, as of 2026-01-01\n", "4 fans, as of …\n")
    assert not agrees("5 fans, as of 2026-01-01\n", "4 fans, as of …\n")
    assert not agrees("4 fans\nand more\n", "4 fans\n")
