"""The tracker that writes hits and withdrawals down, and the worker that loads them (T3, T4, C2)."""

import asyncio
import contextlib
import importlib
import json
import os
import signal
import socket
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from typing import Any

from tests.delivery.world import Recorder, entered, newsletter, woven

from bench.crash.part import Part, Verdict
from bench.crash.sending import people
from bench.crash.worlds import rows
from tifo.consents.public import give
from tifo.delivery.models import HitFile, HitSource, Message
from tifo.delivery.public import (
    Link,
    archived_hits,
    claim,
    cross,
    drain_withdrawals,
    load_hits,
    register_links,
)
from tifo.delivery.rules import seals
from tifo.fans.models import Fan
from tifo.kernel.public import data_path, deliver_events

MOMENT = datetime(2026, 7, 1, 12, tzinfo=UTC)
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
ROUNDS, TOGETHER = 3, 6
COMMIT_EVERY = 0.02  # seconds, instead of half a second
PATIENCE = 10.0

_journal = importlib.import_module("tifo.delivery.web.journal")
_tracker = importlib.import_module("tifo.delivery.web.tracker")
_hits = importlib.import_module("tifo.delivery.actions.hits")


class _Taking(Recorder):
    """A mail server that takes everything."""

    def allows(self, recipient: str) -> bool:  # noqa: ARG002  the port's
        return True


def sent(*, followed: bool = False) -> tuple[int, list[int]]:
    """A mailing that everybody got: its id, the messages' ids. `followed`: all allow to be."""
    people()
    if followed:
        for fan in Fan.objects.values_list("id", flat=True):
            give(fan, "tracking", source="crash")
    mailing = newsletter("hit")
    register_links(mailing, [Link(0, "https://example.org/", "b", "en", ("judo",))])
    entered(mailing, list(Fan.objects.order_by("id").values_list("id", flat=True)))
    cross(mailing, woven(claim(mailing, 0, owner="a")), _Taking())
    _follow()
    return mailing, list(Message.objects.filter(state="accepted").order_by("id").values_list("id", flat=True))


def _follow() -> None:
    while deliver_events():
        pass


def line(mailing: int, message: int, kind: str, second: int) -> str:
    """A hit as the tracker writes it."""
    moment = int(MOMENT.timestamp() * 1000) + second * 1000
    said = {
        "t": moment, "k": kind, "m": mailing, "i": message, "l": 0 if kind == "c" else -1, "h": False, "a": AGENT,
        "n": "203.0.113.0",
    }  # fmt: skip
    return json.dumps(said) + "\n"


def kept() -> dict[str, list[list[Any]]]:
    """What became of hits and withdrawals, as rows to compare."""
    hits = [
        [str(hit[name]) for name in ("mailing_id", "message_id", "fan_id", "kind", "link", "class", "at")]
        for file in HitFile.objects.order_by("id")
        for hit in archived_hits(file.pk).to_pylist()
    ]
    return {
        "hits": hits,
        "files": [[name] for name in HitSource.objects.values_list("name", flat=True)],
        "consents": rows(
            "SELECT fan_id, purpose, state, version, CASE WHEN state = 'withdrawn' THEN moment END FROM consents_head"
        ),
        "ledger": rows("SELECT fan_id, purpose, version, act, source FROM consents_entry"),
        "unsubscribed": rows("SELECT id, unsubscribed_at FROM delivery_message"),
        "tastes": rows("SELECT fan_id, topic_id FROM preferences_preference"),
    }


class HitLoader(Part):
    """The worker's part: files of hits into the archive, the spool of withdrawals into the truth."""

    name = "hit loader"

    def prepare(self) -> dict[str, Any]:
        mailing, messages = sent()
        for file in range(3):
            some = messages[file * 6 : file * 6 + 8]  # two of them stand in the next file too
            text = "".join(line(mailing, message, kind, n) for n, message in enumerate(some) for kind in "oc")
            name = f"{file}.jsonl" if file < 2 else "2.open"
            data_path("hits", name).write_text(text + ('{"t": 1, "k"' if file == 2 else ""), encoding="utf-8")
        for file in range(2):
            said = [
                {"m": mailing, "i": message, "t": int(MOMENT.timestamp() * 1000)}
                for message in messages[file * 3 : file * 3 + 4]
            ]
            text = "".join(json.dumps(one) + "\n" for one in said)
            data_path("spool", f"{file}.jsonl").write_text(text, encoding="utf-8")
        return {}

    def act(self) -> None:
        _hits.BATCH_FILES = 2
        drain_withdrawals()
        while load_hits():
            pass
        _follow()

    def clean(self) -> dict[str, Any]:
        """What one clean run makes."""
        self.act()
        return kept()

    def finish(self, clean: dict[str, Any]) -> Verdict:
        verdict = Verdict()
        self.act()
        verdict.same(kept(), clean)
        left = [path.name for folder in ("hits", "spool") for path in (self.world.data / folder).iterdir()]
        verdict.expect(not left, f"raw files are left: {left}")
        return verdict


class HitWriter(Part):
    """The tracker: a client hits it and withdraws, and remembers what was answered."""

    name = "hit writer"

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = int(free.getsockname()[1])
        self._client: threading.Thread | None = None
        self._durable: set[tuple[str, int]] = set()
        self._answered: set[tuple[str, int]] = set()
        self._withdrawn: set[int] = set()
        self._slow = False
        self._over = threading.Event()

    def prepare(self) -> dict[str, Any]:
        mailing, messages = sent(followed=True)
        (self.world.folder / "sent.json").write_text(json.dumps([mailing, messages]), encoding="utf-8")
        return {}

    def act(self) -> None:
        _journal.COMMIT_EVERY, _journal.ROTATE_EVERY = COMMIT_EVERY, 2 * COMMIT_EVERY
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        from granian.constants import Interfaces
        from granian.server.embed import Server

        server = Server(
            _tracker.Tracker(),
            "127.0.0.1",
            self._port,
            interface=Interfaces.ASGI,
            websockets=False,
            log_enabled=False,
        )
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
        await server.serve()

    def started(self, child: int) -> None:
        self._durable, self._answered, self._withdrawn, self._slow = set(), set(), set(), False
        self._over.clear()
        self._client = threading.Thread(target=self._ask, args=(child,))
        self._client.start()

    def ended(self, *, killed: bool) -> None:
        self._over.set()
        if self._client:
            self._client.join()
        if not killed and len(self._durable) < ROUNDS * TOGETHER:
            raise RuntimeError(f"only {len(self._durable)} hits became durable")

    def _ask(self, child: int) -> None:
        with contextlib.suppress(OSError, HTTPException):
            self._rounds()
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGTERM)

    def _rounds(self) -> None:
        mailing, messages = json.loads((self.world.folder / "sent.json").read_text(encoding="utf-8"))
        server = self._connect()
        for number in range(ROUNDS):
            now = set()
            for message in messages[number * TOGETHER : (number + 1) * TOGETHER]:
                kind = "oc"[message % 2]
                token = seals.link_token(mailing, message)
                server.request("GET", f"/o/{token}.gif" if kind == "o" else f"/c/{token}/0")
                answer = server.getresponse()
                answer.read()
                if answer.status in (200, 302):
                    now.add((kind, message))
                    self._answered.add((kind, message))
            token = seals.unsubscribe_token(mailing, messages[number])
            server.request("POST", f"/u/{token}", b"List-Unsubscribe=One-Click")
            if (answer := server.getresponse()).status == 200:
                self._withdrawn.add(messages[number])
            answer.read()
            self._wait_for(now)
            time.sleep(3 * COMMIT_EVERY)

    def _connect(self) -> HTTPConnection:
        end = time.monotonic() + PATIENCE
        while True:
            server = HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
            try:
                server.connect()
            except OSError:
                if time.monotonic() > end or self._over.is_set():
                    raise
                time.sleep(0.005)
            else:
                return server

    def _wait_for(self, hits: set[tuple[str, int]]) -> None:
        """Until the hits of this round are written: later ones must not be lost with it."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if hits <= self._written():
                self._durable |= hits
                return
            if self._over.is_set():
                return
            time.sleep(COMMIT_EVERY / 4)
        self._slow = True

    def _written(self) -> set[tuple[str, int]]:
        found = set()
        for path in (self.world.data / "hits").glob("*"):
            with contextlib.suppress(FileNotFoundError):
                for text in path.read_text(encoding="utf-8").splitlines():
                    with contextlib.suppress(ValueError):
                        said = json.loads(text)
                        found.add((said["k"], said["i"]))
        return found

    def finish(self, clean: dict[str, Any]) -> Verdict:  # noqa: ARG002
        verdict = Verdict()
        drain_withdrawals()
        while load_hits():
            pass
        _follow()
        withdrawn = {
            row[0] for row in rows("SELECT id FROM delivery_message WHERE unsubscribed_at IS NOT NULL")
        }
        said_no = rows("SELECT fan_id FROM consents_entry WHERE source = 'one-click'")
        kinds = {"open": "o", "click": "c"}
        found = Counter(
            (kinds[hit["kind"]], hit["message_id"])
            for file in HitFile.objects.all()
            for hit in archived_hits(file.pk).to_pylist()
        )
        lost, late = self._durable - set(found), self._answered - self._durable - set(found)
        forgotten = self._withdrawn - {int(one) for one in withdrawn}
        verdict.duplicates = sum(found.values()) - len(found) + len(said_no) - len(withdrawn)
        verdict.silent_losses = len(lost) + len(forgotten)
        verdict.unknown = len(late)
        verdict.expect(not verdict.duplicates, "T4: a hit or a withdrawal counts twice")
        verdict.expect(not lost, f"T3: {len(lost)} hits are lost that lay on the disk")
        verdict.expect(not forgotten, f"C7: {len(forgotten)} answered withdrawals are lost")
        verdict.expect(not self._slow, "T3: hits were not on the disk in time")
        verdict.expect(len(late) <= TOGETHER, f"T3: {len(late)} lost, more than come between two commits")
        return verdict
