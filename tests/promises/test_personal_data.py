"""Personal data: in mails and in the base, never in logs, addresses of pages, the lake or the archive, or error pages.

The demo's way at small size: import, join, send, open, click, unsubscribe, rubbish; then everything that was written
or shown is searched for the made fans' addresses, names and phone numbers.
"""

import base64
import csv
import http.client
import json
import logging
import logging.config
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import unquote, urlsplit

import duckdb
import pytest
from django.conf import LazySettings
from django.conf import settings as configured
from django.test import Client

from tests.accounts.signing import staff_client
from tests.journeys.sink import Sink, Taken, sink
from tests.processes import environment, free_port

FANS = [
    ("zelphinia.quorthane@lac.example", "Zelphinia", "Quorthane", "+33655012345"),
    ("ysoldrak.bremvold@plaza.example", "Ysoldrak", "Bremvold", "+33655067890"),
    ("ünifrid.kwestrøm@lac.example", "Ünifrid", "Kweström", "+34655098765"),
]
JOINING = ("othmarelda.vyx@lac.example", "Othmarelda")
CANARIES = {
    part.casefold()
    for part in (
        *(text for fan in FANS for text in fan),
        *JOINING,
        "zelphinia", "quorthane@", "ysoldrak", "ünifrid", "othmarelda", "655012345", "55 01 23 45", "655067890",
    )
}  # fmt: skip
CAMPAIGN = """
campaign: canary-news
purpose: newsletter
fallback: en
audience: 'consents("newsletter")'
subject: {en: 'Hello, {{ fan.first_name | "fan" }}'}
slots:
  - {slot: trunk, blocks: [welcome]}
blocks:
  welcome: {topics: [judo], markdown: {en: "Dear {{ fan.first_name | \\"fan\\" }} {{ fan.last_name | \\"of fans\\" }}, [come](https://tickets.example.org/judo?seat=1)."}}
"""


def _found(text: str) -> set[str]:
    """Which canaries stand in a text, as they are, percent-encoded or in base64."""
    spellings = [text, unquote(text), text.encode().decode("unicode_escape", "ignore")]
    for run in re.findall(r"[A-Za-z0-9_-]{16,}", text):
        quads = run[: len(run) // 4 * 4]
        spellings.append(base64.urlsafe_b64decode(quads).decode("utf-8", "ignore"))
    whole = "\n".join(spellings).casefold()
    return {canary for canary in CANARIES if canary in whole}


def _write_people(path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        write = csv.writer(file)
        write.writerow(
            (
                "email",
                "first_name",
                "last_name",
                "phone",
                "consent:newsletter",
                "consent:tracking",
                "likes:judo",
            )
        )
        for address, first, last, phone in FANS:
            write.writerow(
                (address, first, last, phone, "2024-05-04T10:00:00Z", "2024-05-04T10:00:00Z", "0.8")
            )
        write.writerow(("zelphinia.quorthane@", "Zelphinia", "Quorthane", "+33655", "", "", "9"))


class House:
    """tifo's own processes, whose every word is kept."""

    def __init__(self, settings: LazySettings, folder: Path, receiver: Sink) -> None:
        self.track = free_port()
        self.said = folder / "said.log"
        self.env = environment(
            settings,
            TIFO_SMTP_URL=f"smtp://127.0.0.1:{receiver.port}",
            TIFO_TRACK_BIND=f"127.0.0.1:{self.track}",
            TIFO_TRACK_URL=f"http://127.0.0.1:{self.track}",
            TIFO_LOG_LEVEL="DEBUG",
        )

    def tifo(self, *words: str) -> None:
        with self.said.open("ab") as log:
            done = subprocess.run(
                [sys.executable, "-m", "tifo", *words],
                env=self.env,
                stdout=log,
                stderr=log,
                check=False,
                timeout=90,
            )
        assert done.returncode == 0, self.said.read_text()[-2_000:]

    @contextmanager
    def tracker(self) -> Iterator[None]:
        with self.said.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tifo", "tracker"], env=self.env, stdout=log, stderr=log
            )
            try:
                for _ in range(200):
                    if self.ask("GET", "/")[0]:
                        break
                    time.sleep(0.05)
                yield
            finally:
                process.terminate()
                process.wait(20)

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, str]:
        line = http.client.HTTPConnection("127.0.0.1", self.track, timeout=10)
        try:
            line.request(method, path, body or None, {"User-Agent": "Mozilla/5.0 Firefox/130.0"})
            answer = line.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        except OSError:
            return 0, ""
        finally:
            line.close()


def _addresses_in(mail: Taken) -> list[str]:
    message = message_from_bytes(mail.raw, policy=policy.default)
    texts = [str(message["List-Unsubscribe"] or "")]
    texts += [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
    return re.findall(r"https?://[^\s\"'<>)]+", "\n".join(texts).replace("&amp;", "&"))


def _of(mails: list[Taken], address: str) -> Taken:
    return next(mail for mail in mails if mail.address == address)


def _cells_of(data: Path, spare: Path) -> Iterator[tuple[str, str]]:
    """(where, content) of every table of the lake and every file of the archive."""
    for path in data.rglob("*.parquet"):
        with duckdb.connect() as store:
            yield (
                str(path),
                str(store.execute("SELECT COLUMNS(*)::VARCHAR FROM read_parquet(?)", [str(path)]).fetchall()),
            )
    for number, path in enumerate(data.rglob("*.duckdb")):
        copy = shutil.copyfile(
            path, spare / f"{number}.duckdb"
        )  # this process may have it open in its own way
        with duckdb.connect(str(copy)) as store:
            for (table,) in store.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                columns = store.execute(f'DESCRIBE "{table}"').fetchall()
                rows = store.execute(f'SELECT COLUMNS(*)::VARCHAR FROM "{table}"').fetchall()
                yield f"{path} {table}", f"{columns} {rows}"


def _join(client: Client, house: House, receiver: Sink) -> list[str]:
    """The way into the club and the links on it."""
    form = client.get("/join/")
    assert form.status_code == 200
    wish = {
        "email": JOINING[0], "first_name": JOINING[1], "birth_date": "1990-07-14", "country": "FR", "language": "en",
        "membership": "club",
    }  # fmt: skip
    wish |= dict.fromkeys(re.findall(r'name="(consent[\w:-]*)"', form.content.decode()), "yes")
    sent = client.post("/join/", wish, follow=True)
    assert sent.status_code == 200
    house.tifo("worker", "--until-idle")
    links = [link for mail in receiver.taken() if mail.address == JOINING[0] for link in _addresses_in(mail)]
    confirm = next(link for link in links if "/join/confirm/" in link)
    parts = urlsplit(confirm)
    assert client.get(f"{parts.path}?{parts.query}").status_code == 200
    assert client.post(parts.path, {"t": parts.query.partition("=")[2]}).status_code in (200, 302)
    return links


def _errors(client: Client, link: str) -> list[str]:
    """What pages say when they can't do what is asked."""
    forged = link[:-3] + ("AAA" if not link.endswith("AAA") else "BBB")
    asked = [
        "/nowhere/",
        "/studio/fans/1/",
        "/preferences/?t=x",
        "/join/confirm/?t=x",
        urlsplit(forged).path,
        "/api/v1/nowhere",
    ]
    pages = [client.get(path) for path in asked]
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    pages += [strict.post("/join/", {"email": FANS[0][0], "first_name": FANS[0][1]})]
    pages += [
        client.post("/api/v1/audiences/count", json.dumps({"expression": FANS[0][0]}), "application/json")
    ]
    return [page.content.decode("utf-8", "replace") for page in pages if page.status_code >= 400]


@contextmanager
def _logged(path: Path) -> Iterator[None]:
    """What this process says, by the handlers that run in production, goes to a file."""
    logging.config.dictConfig(configured.LOGGING)
    (handler,) = (one for one in logging.getLogger().handlers if type(one) is logging.StreamHandler)
    with path.open("a", encoding="utf-8") as file:
        before = handler.setStream(file)
        try:
            yield
        finally:
            handler.setStream(before)


@pytest.mark.django_db(transaction=True)
def test_personal_data_stays_in_mails_and_in_the_base(settings: LazySettings, tmp_path: Path) -> None:
    assert configured.DEBUG is False
    people, campaign = tmp_path / "people.csv", tmp_path / "campaign.yaml"
    _write_people(people)
    campaign.write_text(CAMPAIGN, encoding="utf-8")
    web_log = tmp_path / "web.log"
    client = staff_client("data-protection", "communicator", "support")
    client.raise_request_exception = False
    with sink(tmp_path) as receiver, _logged(web_log):
        house = House(settings, tmp_path, receiver)
        house.tifo("fans", "import", str(people))
        fresh = Client(raise_request_exception=False)
        links = _join(fresh, house, receiver)
        house.tifo("campaigns", "send", str(campaign), "--yes", "--wait")
        mails = receiver.taken()
        assert {fan[0] for fan in FANS[:2]} <= {mail.address for mail in mails}
        links += [link for mail in mails for link in _addresses_in(mail)]
        pages = _hear(house, mails)
        house.tifo("worker", "--until-idle")
        house.tifo("lake", "refresh")
        pages += _errors(Client(raise_request_exception=False), links[0])
        for path in (
            "/studio/fans/?q=Zelphinia",
            "/studio/fans/1/",
            "/studio/",
            "/studio/campaigns/canary-news/report/",
        ):
            client.get(path)
    assert any("/c/" in link for link in links)
    assert any("/preferences/" in link for link in links)
    for link in links:
        assert _found(link) == set(), link
    for page in pages:
        assert _found(page) == set(), page[:2_000]
    assert "Not Found" in web_log.read_text(encoding="utf-8")
    for log in (house.said, web_log):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        assert [line for line in lines if _found(line)] == []
    _search_files(Path(settings.TIFO_DATA), tmp_path)


def _hear(house: House, mails: list[Taken]) -> list[str]:
    """Open, click, unsubscribe, and forged ways of each; the pages that were shown."""
    own = f"http://127.0.0.1:{house.track}"
    pages = []
    with house.tracker():
        time.sleep(2.1)  # sooner than that nobody reads
        for address, *_ in FANS[:2]:
            for link in _addresses_in(_of(mails, address)):
                if link.startswith(own):
                    path = link.removeprefix(own)
                    pages.append(house.ask("GET", path)[1])
                    pages.append(house.ask("GET", path[:-2] + "zz")[1])
                    if path.startswith("/u/") and address == FANS[0][0]:
                        status, said = house.ask("POST", path, "List-Unsubscribe=One-Click")
                        assert status == 200
                        pages.append(said)
        time.sleep(2.6)  # the journal is closed for the worker
    return pages


def _search_files(data: Path, spare: Path) -> None:
    """Beside the base itself no file of ours holds a canary, in raw bytes or in a column."""
    base = set(data.rglob("*.sqlite3*"))
    for path in data.rglob("*"):
        if path.is_file() and path not in base and "imports" not in path.parts:
            assert _found(path.read_bytes().decode("utf-8", "ignore")) == set(), path
    tables = list(_cells_of(data, spare))
    assert any(where.endswith(" hit") and "click" in content for where, content in tables)
    for where, content in tables:
        assert _found(content) == set(), where
