"""The sender and the planner, before an oracle that writes down what it took (M3 to M6, M8)."""

import importlib
import re
import socket
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection

from bench.crash.calls import SENDS
from bench.crash.part import Part, Verdict
from bench.crash.tracer import Stop
from bench.crash.worlds import FANS
from tifo.campaigns.actions import begin_due, plan_waiting, send_chunk
from tifo.campaigns.models import Chunk, Occurrence
from tifo.campaigns.public import progress, read_campaign_file, save_campaign, start
from tifo.consents.public import give
from tifo.delivery.models import Mailing, Message
from tifo.delivery.public import counts
from tifo.delivery.rules import seals
from tifo.fans.public import create_fan
from tifo.kernel.public import archive, clock, deliver_events
from tifo.lake.public import refresh

WINDOW = 4  # messages that cross together
CHUNK = 12
IN_DOUBT = 3 * WINDOW  # two windows under way, one whose answers are not written down
PATIENCE = 30.0

CAMPAIGN = """
campaign: killed
purpose: newsletter
fallback: en
audience: 'consents("newsletter")'
subject: {en: 'Hello, {{ fan.first_name | "fan" }}', fr: 'Bonjour, {{ fan.first_name | "fan" }}'}
slots:
  - {slot: trunk, blocks: [welcome]}
blocks:
  welcome: {markdown: {en: "Come [and see](https://tickets.example.org/).", fr: "Viens [voir](https://tickets.example.org/fr)."}}
"""

_send = importlib.import_module("tifo.campaigns.actions.send")
_plan = importlib.import_module("tifo.campaigns.actions.plan")


def small() -> None:
    """Windows and chunks so small that there are several."""
    _send.FIRST_WINDOW = _send.LARGEST_WINDOW = WINDOW
    _send.LOOK_AGAIN = 0.02
    _plan.CHUNK_ROWS = CHUNK


def people() -> None:
    """Fans who want news."""
    for number in range(FANS):
        fan = create_fan(source="crash", email=f"fan{number}@lac.example", language=("en", "fr")[number % 2])
        give(fan, "newsletter", source="crash")
        if number % 2:
            give(fan, "tracking", source="crash")


def asked() -> None:
    """Fans, and a campaign that waits to be planned."""
    people()
    while deliver_events():
        pass
    refresh()
    save_campaign(read_campaign_file(CAMPAIGN))
    start("killed")


def _begin_and_send() -> None:
    """What a worker does for a sending, until it has ended."""
    end = time.monotonic() + PATIENCE
    sending = Occurrence.objects.get()
    while not progress(sending.pk).stage.ended:
        if time.monotonic() > end:
            break
        if not (plan_waiting() or begin_due() or send_chunk()):
            time.sleep(0.02)


def _hang_up() -> None:
    """The connections to the mail server stay open for the next sending otherwise."""
    if hasattr(_send._here, "transport"):
        _send._here.transport.close()


class Sender(Part):
    """Sends a campaign of 24 in windows of four."""

    name = "sender"
    port = 0

    def _server(self) -> str:
        return f"smtp://127.0.0.1:{self.oracle[self.port]}?connections=2"

    def prepare(self) -> dict[str, Any]:
        small()
        asked()
        while plan_waiting() or begin_due():
            pass
        return {}

    def act(self) -> None:
        small()
        settings.TIFO_SMTP_URL = self._server()
        _begin_and_send()

    def finish(self, clean: dict[str, Any]) -> Verdict:  # noqa: ARG002
        self._quiet()
        self.act()
        _hang_up()
        self._quiet()
        return self._judge(in_doubt=IN_DOUBT)

    def _judge(self, *, in_doubt: int) -> Verdict:
        verdict = Verdict()
        taken = self._taken()
        mailing = Mailing.objects.get()
        state = dict(Message.objects.values_list("id", "state"))
        keys = {seals.message_key(mailing.pk, message): message for message in state}
        accepted = {key for key, message in keys.items() if state[message] == "accepted"}
        unknown = {key for key, message in keys.items() if state[message] == "unknown"}
        missing = accepted - set(taken)
        unplanned = FANS - len(state)
        resting = sum(one not in ("planned", "claimed", "committing") for one in state.values())
        verdict.duplicates = sum(taken.values()) - len(taken) + max(0, -unplanned)
        verdict.silent_losses = len(missing) + max(0, unplanned) + len(state) - resting
        verdict.unknown = len(unknown)
        verdict.expect(not verdict.duplicates, "M3: somebody got two")
        verdict.expect(not missing, f"M5: {len(missing)} accepted ones never arrived")
        verdict.expect(not unplanned, f"M4: {len(state)} messages for {FANS} fans")
        verdict.expect(len(accepted) + len(unknown) == len(state), f"M4: {Counter(state.values())}")
        verdict.expect(set(taken) <= accepted | unknown, "something left that the ledger does not know of")
        verdict.expect(len(unknown) <= in_doubt, f"M6: {len(unknown)} in doubt after one kill")
        found = counts(mailing.pk)
        verdict.expect(
            (found.prepared, found.open, found.accepted, found.unknown)
            == (FANS, 0, len(accepted), len(unknown)),
            f"M12: the sums say {found}",
        )
        ended = progress(Occurrence.objects.get().pk).stage.ended
        verdict.expect(ended, "the sending never ends")
        return verdict

    def _taken(self) -> Counter[str]:
        file = self.world.folder / "accepted"
        lines = file.read_text().splitlines() if file.exists() else []
        return Counter(line.split("\t")[0] for line in lines)

    def _quiet(self) -> None:
        with socket.create_connection(("127.0.0.1", self.oracle[2]), timeout=PATIENCE) as asking:
            asking.recv(16)

    def ended(self, *, killed: bool) -> None:  # noqa: ARG002
        self._quiet()

    def watcher(self) -> Callable[[Stop], None]:
        """M8: whenever a body is about to leave, another connection already sees its intent, which the database shows
        only when it is durable (SQLite with synchronous=FULL; PostgreSQL with synchronous_commit)."""
        look = _second_look()
        seen: set[str] = set()

        def watch(stop: Stop) -> None:
            if stop.name not in SENDS or not stop.on.startswith("socket:"):
                return
            for key in re.findall(rb"^X-Tifo-Key: (\S+)\r", stop.sent(), re.MULTILINE):
                named = seals.read_message_key(key.decode())
                if named is None:
                    raise AssertionError(f"M8: an unknown key at {stop}")
                state = look(named[1])
                if state != "committing":
                    raise AssertionError(f"M8: a body leaves while its message is {state}, at {stop}")
                seen.add(key.decode())
            self.bodies = len(seen)

        return watch


class SenderByChunks(Sender):
    """The same to a server that offers CHUNKING."""

    name = "sender (BDAT)"
    port = 1


class Planner(Sender):
    """Plans a campaign: the audience, the chunk files, the one transaction."""

    name = "planner"

    def prepare(self) -> dict[str, Any]:
        small()
        asked()
        return {}

    def act(self) -> None:
        small()
        plan_waiting()

    def finish(self, clean: dict[str, Any]) -> Verdict:  # noqa: ARG002
        small()
        self.act()
        planned = Counter(
            fan
            for chunk in Chunk.objects.all()
            for fan in archive.read(chunk.path, chunk.sha256)["fan_id"].to_pylist()
        )
        Sender.act(self)
        _hang_up()
        self._quiet()
        verdict = self._judge(in_doubt=0)
        twice = sum(planned.values()) - len(planned)
        verdict.duplicates += twice
        verdict.expect(not twice, "M1: somebody is planned twice")
        verdict.expect(len(planned) == FANS, f"M4: {len(planned)} of {FANS} are planned")
        verdict.expect(Mailing.objects.count() == 1, "M1: more than one mailing")
        return verdict

    def watcher(self) -> None:
        return None


def _second_look() -> Callable[[int], str]:
    said = connection.settings_dict
    if connection.vendor == "postgresql":
        other = psycopg.connect(host=said["HOST"], user="tifo", dbname=said["NAME"], autocommit=True)

        def ask(message: int) -> str:
            row = other.execute("SELECT state FROM delivery_message WHERE id = %s", [message]).fetchone()
            return str(row and row[0])

        return ask
    file = sqlite3.connect(f"file:{said['NAME']}?mode=ro", uri=True)

    def look(message: int) -> str:
        row = file.execute("SELECT state FROM delivery_message WHERE id = ?", [message]).fetchone()
        return str(row and row[0])

    return look


__all__ = ["Planner", "Sender", "SenderByChunks", "clock", "people"]
