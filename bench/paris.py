"""The journey of Paris 2024 at full size: real programme, made fans; every message is read and judged."""

import json
import multiprocessing
from collections import Counter
from pathlib import Path
from typing import Any

from tests.journeys.judging import judge
from tests.journeys.paris import AUDIENCE, CAMPAIGN, Made, World
from tests.journeys.sink import Sink, read, sink

from bench.children import environment, own, run, tifo
from bench.figures import Aim, Figure, Say

CONNECTIONS = 8
JUDGES = 4
AT_ONCE = 500

_recipients: dict[str, Made] = {}


def _judged(paths: list[Path]) -> list[tuple[str, list[str]]]:
    """The address of each message, and what is wrong with it."""
    found = []
    for path in paths:
        mail = read(path)
        made = _recipients.get(mail.address)
        found.append((mail.address, ["not to be written to"] if made is None else judge(mail.raw, made)))
    return found


def _verdict(receiver: Sink) -> tuple[Counter[str], dict[str, list[str]]]:
    """How many messages each address got, and what was wrong; read by several processes."""
    files = receiver.files()
    parts = [files[start : start + AT_ONCE] for start in range(0, len(files), AT_ONCE)]
    seen: Counter[str] = Counter()
    wrong = {}
    with multiprocessing.get_context("fork").Pool(JUDGES) as pool:
        for part in pool.imap_unordered(_judged, parts):
            for address, faults in part:
                seen[address] += 1
                if faults:
                    wrong[address] = faults
    return seen, wrong


def journey(fans: int, folder: Path, say: Say) -> None:
    """Import, send, and hold every message against the world's books, and all figures against each other."""
    folder.mkdir()
    world = World(fans)
    people, programme, campaign = world.write(folder)
    _recipients.update(world.recipients)
    with sink(folder) as receiver:
        url = f"smtp://127.0.0.1:{receiver.port}?connections={CONNECTIONS}"
        env = environment(folder / "data", TIFO_SMTP_URL=url)
        run(tifo("migrate"), env)
        done = run(tifo("fans", "import", str(people), "--source", "paris-2024", "--json"), env)
        say(Figure("Paris 2024, import of people", fans, done.said["read"] / done.seconds, "rows/s"))
        done = run(tifo("spectators", "import", str(programme), "--json"), env)
        tickets = done.said["files"]["tickets.csv"]["created"]
        say(Figure("Paris 2024, import of tickets", fans, tickets / done.seconds, "rows/s"))
        asked = run(tifo("audiences", "count", AUDIENCE, "--json"), env).said["count"]
        done = run(tifo("campaigns", "send", str(campaign), "--yes", "--wait", "--json"), env)
        say(
            Figure(
                "Paris 2024, the whole sending",
                fans,
                done.said["accepted"] / done.seconds,
                "messages/s",
                megabytes=round(done.megabytes),
            )
        )
        report = run(tifo("campaigns", "report", CAMPAIGN, "--json"), env).said
        ledger = run(own("ledger", CAMPAIGN), env).said
    seen, wrong = _verdict(receiver)
    agree = _agree(asked, done.said, report, ledger, seen)
    right = sum(count for address, count in seen.items() if address not in wrong and count == 1)
    say(
        Figure(
            "Paris 2024, messages exactly their fan's",
            fans,
            right,
            "messages",
            len(_recipients),
            "fans to be written to",
            aim=Aim("all; report, ledger and sink agree", agree and right == len(_recipients) and not wrong),
        )
    )
    if wrong or not agree:
        shown = json.dumps(dict(list(wrong.items())[:5]), ensure_ascii=False, indent=1)
        raise SystemExit(f"Paris 2024: {len(wrong)} wrong messages, figures agree: {agree}\n{shown}")


def _agree(asked: int, said: Any, report: Any, ledger: Any, seen: Counter[str]) -> bool:
    """Audience, command, report, ledger and sink, to the unit."""
    number = len(_recipients)
    figures = [asked, sum(seen.values()), ledger["prepared"], ledger["accepted"]]
    for one in (said, report):
        figures += [one["planned"], one["accepted"]]
        figures += [number + one[name] for name in ("refused", "unknown", "expired", "cancelled", "open")]
        figures.append(number + sum(one["suppressed"].values()))
    return set(figures) == {number}
