"""Opens, clicks and one-click withdrawals, beside a bare app on the same server in the same run."""

import re
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.children import StepError, family_megabytes, free_port, own, run, serving, tifo
from bench.figures import Aim, Figure, Say, at_least, at_most

LOAD_SECONDS = 5
CONNECTIONS = 64
SHARE = 0.6  # of the bare app's rate
LATE_MS = 20.0  # p99 at half load
THINKING_MS = 10  # of a connection between two requests, at half load
FLAT_SECONDS = 60  # of load at most, for the memory
FLAT_HITS = 10_000_000
FLAT_TIMES = 1.1
BESIDE = "a bare app on the same server"

_POSTING = """
local tokens = {}
for line in io.lines("%(tokens)s") do tokens[#tokens + 1] = line end
local place = 0
local headers = {["Content-Type"] = "application/x-www-form-urlencoded"}
request = function()
  place = place + 1
  return wrk.format("POST", "%(way)s" .. tokens[place %% #tokens + 1], headers, "List-Unsubscribe=One-Click")
end
"""
_THINKING = "delay = function() return {ms} end\n"


@dataclass(frozen=True)
class Loaded:
    """What wrk saw."""

    rate: float
    late_ms: float
    requests: int


def load(
    url: str, *, script: str = "", connections: int = CONNECTIONS, seconds: int = LOAD_SECONDS
) -> Loaded:
    """Keep so many connections busy."""
    if shutil.which("wrk") is None:
        raise StepError("wrk is not installed. On Debian or Ubuntu: sudo apt-get install wrk")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        told = ["-s", file.name] if script else []
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *told, url]
        said = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=seconds + 60
        ).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    late = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    count = re.search(r"(\d+) requests in", said)
    if rate is None or late is None or count is None or "Non-2xx" in said:
        raise StepError(f"wrk said:\n{said}")
    in_ms = {"us": 0.001, "ms": 1.0, "s": 1000.0}[late[2]]
    return Loaded(float(rate[1]), float(late[1]) * in_ms, int(count[1]))


@dataclass
class Tracking:
    """The tracker of the base whose data lies where `env` says, with messages of `campaign` in its ledger."""

    fans: int
    folder: Path
    env: dict[str, str]
    say: Say
    campaign: str

    def all(self) -> None:
        """Rates, how late at half load, memory; the hits are thrown away, but for those of the first rates."""
        tokens = self.folder / "tokens.txt"
        said = run(own("ledger", self.campaign, str(tokens)), self.env).said
        bare_port, port = free_port(), free_port()
        with serving(own("serving_bare", str(bare_port)), self.env, bare_port):
            bare = load(f"http://127.0.0.1:{bare_port}/")
            posted = self._posts(bare_port, tokens, "/u/")
        env = {**self.env, "TIFO_TRACK_BIND": f"127.0.0.1:{port}"}
        with serving(tifo("tracker"), env, port) as server:
            here = f"http://127.0.0.1:{port}"
            ways = {"opens": f"/o/{said['token']}.gif", "clicks": f"/c/{said['token']}/0"}
            for name, way in ways.items():
                self._rate(name, load(here + way), bare)
            self._rate("one-click withdrawals", self._posts(port, tokens, "/u/"), posted)
            for name, way in ways.items():
                self._half(name, here + way, bare)
            self._flat(server.pid, here + ways["opens"], bare)

    def _posts(self, port: int, tokens: Path, way: str) -> Loaded:
        """Each request withdraws by a token of its own, as long as there are others."""
        script = _POSTING % {"tokens": tokens, "way": way}
        return load(f"http://127.0.0.1:{port}/", script=script)

    def _rate(self, name: str, ours: Loaded, bare: Loaded) -> None:
        aim = at_least(SHARE * bare.rate, ours.rate, f"≥ {SHARE:.0%} of the bare app")
        self._say(f"tracker, {name}", ours.rate, "requests/s", bare.rate, aim)
        self._say(f"tracker, {name}, p99 at full load", ours.late_ms, "ms", bare.late_ms)

    def _half(self, name: str, url: str, bare: Loaded) -> None:
        """About half of what the aim asks for: a connection that thinks asks so often a second at most."""
        wanted = SHARE * bare.rate / 2
        connections = max(8, min(500, round(wanted * (THINKING_MS + 1) / 1000)))
        ours = load(url, script=_THINKING.format(ms=THINKING_MS), connections=connections)
        step = f"tracker, {name}, p99 at {ours.rate:,.0f} requests/s"
        self._say(step, ours.late_ms, "ms", aim=at_most(LATE_MS, ours.late_ms, f"≤ {LATE_MS:.0f} ms"))

    def _flat(self, pid: int, url: str, bare: Loaded) -> None:
        """The memory after a tenth of the hits beside that after all of them."""
        hits = min(FLAT_HITS, self.fans)
        seconds = int(min(FLAT_SECONDS, max(LOAD_SECONDS, hits / (SHARE * bare.rate))))
        early: list[float] = []
        watch = threading.Timer(max(1.0, seconds / 10), lambda: early.append(family_megabytes(pid)))
        watch.start()
        journal = Path(self.env["TIFO_DATA"]) / "hits"
        before = set(journal.glob("*"))
        done = load(url, seconds=seconds)
        watch.join()
        late = family_megabytes(pid)
        for path in set(journal.glob("*.jsonl")) - before:
            path.unlink(missing_ok=True)
        aim = Aim(f"≤ {FLAT_TIMES} ×", late <= FLAT_TIMES * early[0])
        step = f"tracker, memory after {done.requests:,} hits"
        self.say(
            Figure(
                step,
                self.fans,
                late,
                "MB",
                early[0],
                "after a tenth of them",
                round(late),
                aim,
            )
        )

    def _say(self, step: str, figure: float, unit: str, limit: float | None = None, aim: Any = None) -> None:
        self.say(Figure(step, self.fans, figure, unit, limit, BESIDE if limit else "", aim=aim))
