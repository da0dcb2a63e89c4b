"""One story of two hosts, told in the database that TIFO_DATABASE_URL names.

    unshare --net python -m bench.crash.scenario NAME FOLDER

Both hosts send one campaign, with one folder and one database between them; the second is struck while messages of its own are
in the air. Then everything is counted, against the oracle's list. Prints a line of JSON: the row, and what broke.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import django

django.setup()

from django.db import connection  # noqa: E402  Django first

from bench.crash import lan  # noqa: E402
from bench.crash.host import LEASE, SENDERS  # noqa: E402
from bench.crash.lan import Host  # noqa: E402
from bench.crash.part import Verdict  # noqa: E402
from bench.crash.sending import CAMPAIGN, WINDOW  # noqa: E402
from tifo.campaigns.models import Chunk, Occurrence  # noqa: E402
from tifo.campaigns.public import progress, read_campaign_file, save_campaign, start  # noqa: E402
from tifo.consents.public import give, withdraw  # noqa: E402
from tifo.delivery.models import Mailing, Message, Place  # noqa: E402
from tifo.delivery.public import counts, doubts, raise_epoch  # noqa: E402
from tifo.delivery.rules import seals  # noqa: E402
from tifo.fans.public import create_fan  # noqa: E402
from tifo.kernel.public import deliver_events  # noqa: E402
from tifo.lake.public import refresh  # noqa: E402

DEADLINE = float(os.environ.get("CRASH_DEADLINE", "120"))  # seconds until a state that must come has come
PAUSE = 0.02  # seconds in which the oracle has a message and its sender does not know
NOBODY = 6  # addresses that the oracle refuses
SAID_NO = 6  # fans who withdraw once the campaign is planned


class Story:
    """The two hosts, and what happens."""

    def __init__(self, folder: Path, fans: int) -> None:
        self.folder, self.fans = folder, fans
        self.broken: list[str] = []
        self.struck = Counter[str]()
        self.kills = 1
        self.said_goodbye = True
        self.a: Host
        self.b: Host

    # -- the world -----------------------------------------------------------------------------------------

    def people(self) -> list[int]:
        """Fans who want news."""
        made = []
        for number in range(self.fans):
            name = "nobody" if number % (self.fans // NOBODY) == 0 else "fan"
            fan = create_fan(source="crash", email=f"{name}{number}@lac.example", language="en")
            give(fan, "newsletter", source="crash")
            made.append(fan)
        while deliver_events():
            pass
        refresh()
        return made

    @contextlib.contextmanager
    def oracle(self) -> Iterator[None]:
        """The mail server that writes down what it took."""
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.crash.oracle", str(self.folder), lan.address("mail"), str(PAUSE)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None  # noqa: S101  it is a pipe
        self._port, _, self._asked = map(int, process.stdout.readline().split())
        try:
            yield
        finally:
            process.kill()
            process.wait()

    def work(self, host: Host) -> None:
        """Start a worker there."""
        variables = os.environ | {
            "TIFO_SMTP_URL": f"smtp://{lan.address('mail')}:{self._port}?connections=2",
            "XDG_STATE_HOME": str(self.folder / f"state {host.name}"),
        }
        host.start([sys.executable, "-m", "bench.crash.host"], variables, self._log(host))

    def _log(self, host: Host) -> Path:
        return self.folder / f"log-{host.name}"

    # -- what is seen --------------------------------------------------------------------------------------

    def until(self, words: str, holds: Callable[[], bool]) -> None:
        """Wait for a state that must come."""
        end = time.monotonic() + DEADLINE
        while not holds():
            self._add_up()
            if time.monotonic() > end:
                raise TimeoutError(f"in vain: {words}; {self._where()}")
            time.sleep(0.05)

    def _where(self) -> str:
        """How it stands, for whoever looks why it does not go on."""
        said = [
            list(Place.objects.values("host", "state", "why", "mark")),
            list(Chunk.objects.values_list("state", "owner", "attempt", "error")),
            [counts(number) for number in Mailing.objects.values_list("pk", flat=True)],
            list(Message.objects.filter(state="planned").values_list("reason", "due_at", "attempt")[:5]),
        ]
        return "\n".join(
            [*map(str, said), *(self._log(host).read_text()[-3000:] for host in (self.a, self.b))]
        )

    def _add_up(self) -> None:
        """M12, at every instant."""
        for mailing in Mailing.objects.values_list("pk", flat=True):
            found = counts(mailing)
            parts = (found.accepted, found.refused, found.unknown, found.suppressed.total(), found.expired)
            if found.prepared != sum(parts) + found.cancelled + found.open:
                self.broken.append(f"M12: {found}")

    def of(self, host: Host, *states: str) -> int:
        """How many messages are in that state by that host's doing."""
        return Message.objects.filter(owner__startswith=self._prefix(host), state__in=states).count()

    def _prefix(self, host: Host) -> str:
        said = self._log(host).read_text(encoding="utf-8").splitlines()
        return said[0].rpartition(":")[0] + ":"

    def _both(self, *states: str) -> bool:
        names = (self.a.name, self.b.name)
        return Place.objects.filter(state__in=states, host__in=names).count() == len(names)

    def _let_in(self) -> None:
        """In a base that was never at work hosts let themselves in; in others they ask, and somebody says yes."""
        self.until("both hosts are known", lambda: self._both("asking", "sending"))
        if not self._both("sending"):
            raise_epoch(None, "these are the hosts")
        self.until("both hosts may send", lambda: self._both("sending"))

    def ended(self) -> bool:
        """All sendings have."""
        return all(progress(pk).stage.ended for pk in Occurrence.objects.values_list("pk", flat=True))

    def in_the_air(self) -> bool:
        """The struck host has messages under way, and both have sent some."""
        return bool(
            self.of(self.b, "committing") and self.of(self.b, "accepted") and self.of(self.a, "accepted")
        )

    def taken_over(self) -> bool:
        """Nothing waits for the struck host any more."""
        held = Chunk.objects.filter(state="running", owner__startswith=self._prefix(self.b))
        return not (held.exists() or self.of(self.b, "claimed", "committing"))

    # -- the story -----------------------------------------------------------------------------------------

    def tell(self, strike: "Callable[[Story], bool]") -> Verdict:
        """Send, strike, let it end, count. `strike` says whether the struck host works again."""
        people = self.people()
        save_campaign(read_campaign_file(CAMPAIGN))
        with self.oracle(), lan.hosts("a", "b") as (self.a, self.b):
            self.work(self.a)
            self.work(self.b)
            self._let_in()
            start("killed")
            self.until("messages of both are in the air", self.in_the_air)
            planned = Message.objects.filter(state__in=("planned", "claimed"), fan_id__in=people).order_by(
                "-pk"
            )
            for fan in planned.values_list("fan_id", flat=True)[:SAID_NO]:
                withdraw(fan, "newsletter", source="crash")
            before = self.of(self.a, "accepted")
            lives = strike(self)
            self.until("the sending ends", self.ended)
            if self.of(self.a, "accepted") <= before:
                self.broken.append("the other host did not go on")
            if not self.a.stop(60):
                self.broken.append("the other host did not stop in order")
            if lives:
                self._goes_on_alone()
            if self.said_goodbye:  # else its sessions stay open for long; nothing can come through them
                self._quiet()
            return self._judge()

    def _goes_on_alone(self) -> None:
        """The host that was struck sends a campaign by itself, without having been started again."""
        save_campaign(read_campaign_file(CAMPAIGN.replace("campaign: killed", "campaign: after")))
        start("after")
        self.until("the struck host sends again", self.ended)
        if not self.b.stop(60):
            self.broken.append("the struck host did not stop in order")

    def _quiet(self) -> None:
        with socket.create_connection((lan.address("mail"), self._asked), timeout=DEADLINE) as asking:
            asking.recv(16)

    def _judge(self) -> Verdict:
        verdict = Verdict(broken=self.broken)
        taken = Counter(
            line.split("\t")[0] for line in (self.folder / "accepted").read_text().splitlines() if line
        )
        keys = {state: set[str]() for state in ("accepted", "unknown")}
        for pk, mailing, state in Message.objects.values_list("pk", "mailing_id", "state"):
            if state in keys:
                keys[state].add(seals.message_key(mailing, pk))
        missing = keys["accepted"] - set(taken)
        verdict.duplicates = sum(taken.values()) - len(taken)
        verdict.unknown = len(keys["unknown"])
        verdict.silent_losses = len(missing)
        for mailing in Mailing.objects.all():
            found = counts(mailing.pk)
            parts = (found.accepted, found.refused, found.suppressed.total(), found.unknown)
            verdict.silent_losses += abs(found.prepared - sum(parts))
            verdict.expect(found.prepared == sum(parts), f"M4: {found}")
            verdict.expect(found.refused <= NOBODY, f"M4: {found.refused} refused")
        verdict.expect(not verdict.duplicates, "M3: somebody got two")
        verdict.expect(not missing, f"M5: {len(missing)} accepted ones never arrived")
        gone = set(taken) - keys["accepted"] - keys["unknown"]
        verdict.expect(not gone, f"{len(gone)} left that the ledger does not know of")
        bound = self.kills * SENDERS * 3 * WINDOW
        verdict.expect(verdict.unknown <= bound, f"M6: {verdict.unknown} in doubt")
        listed = doubts(limit=1000)
        verdict.expect(len(listed) == verdict.unknown, "M6: a doubt is not listed")
        first = Mailing.objects.order_by("pk")[0]
        prepared = counts(first.pk).prepared
        verdict.expect(prepared == self.fans, f"M1: {prepared} are planned")
        return verdict


def killed(story: Story) -> bool:
    """All its processes at once; the machine itself says goodbye for them."""
    story.b.kill()
    return False


def lost(story: Story) -> bool:
    """A machine without power: nobody says goodbye, and the database learns of it by silence."""
    for net in lan.NETS:
        story.b.cut(net)
    story.b.kill()
    story.said_goodbye = False
    return False


def no_database(story: Story) -> bool:
    """It goes on handing over what it had in the air, and can write nothing of it down until others took it over."""
    story.b.cut("data")
    story.until("its work is taken over", story.taken_over)
    story.b.join("data")
    return True


def no_mail_server(story: Story) -> bool:
    """It can reach the database only."""
    before = story.of(story.a, "accepted")
    story.b.cut("mail")
    story.until("others go on", lambda: story.of(story.a, "accepted") > before + WINDOW)
    story.until("nothing of it is in the air", lambda: not story.of(story.b, "committing"))
    story.b.join("mail")
    return True


def stopped(story: Story) -> bool:
    """A machine that stood still, and does not know it."""
    story.b.signal(signal.SIGSTOP)
    time.sleep(2 * LEASE)
    story.until("its work is taken over", lambda: story.taken_over() or _holds_locks())
    story.b.signal(signal.SIGCONT)
    return True


def _holds_locks() -> bool:
    """It stood still in the middle of a transaction: others wait for it, as they should."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
            "OR (state = 'idle in transaction' AND now() - state_change > make_interval(secs => %s))",
            [LEASE],
        )
        return bool(cursor.fetchone()[0])


STORIES: dict[str, Callable[[Story], bool]] = {
    "killed": killed,
    "lost": lost,
    "no database": no_database,
    "no mail server": no_mail_server,
    "stopped": stopped,
}


def main() -> None:
    """Tell it."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    if "data" not in {card for _, card in socket.if_nameindex()}:
        lan.lay()
    folder.mkdir(exist_ok=True)
    story = Story(folder, int(os.environ.get("CRASH_FANS", "144")))
    verdict = story.tell(STORIES[name])
    print(json.dumps({"process": name, **asdict(verdict)}))


if __name__ == "__main__":
    main()
