"""One cap over several processes, one of which is killed and one whose clock went a day ahead (M13)."""

import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest
from django.db import connections

from tests.delivery.test_crash import in_child
from tests.delivery.test_doubts import until
from tests.delivery.world import entered, fans, inbox, newsletter, woven
from tifo.delivery.actions import pace as pacing
from tifo.delivery.adapters.smtp.detour import Detour
from tifo.delivery.models import Pace
from tifo.delivery.public import Crossing, claim, counts, next_due, open_transport, recover

CAP, SIZE = 10, 18


def writing_down(log: Path) -> None:
    """Have each hand-over of this process noted at its moment."""
    choose = Detour.choose

    def noting(self: Detour[object], *arguments: object, **more: object) -> object:
        found = choose(self, *arguments, **more)  # type: ignore[arg-type]
        if found[0] is not None:
            with log.open("a") as file:
                file.write(f"{more['now']}\n")
        return found

    Detour.choose = noting  # type: ignore[method-assign, assignment]


def work(mailing: int, chunk: int, url: str, log: Path, ahead: float = 0) -> None:
    """What a worker does with a chunk until nothing of it is left."""
    writing_down(log)
    honest = pacing.now
    pacing.now = lambda: honest() + ahead  # as if it had started after the clock was set
    owner = f"worker {os.getpid()}"
    recover(mailing, chunk, owner=owner)
    with open_transport(url) as transport, Crossing(mailing, transport) as line:
        while next_due(mailing, chunk) is not None:
            if claimed := claim(mailing, chunk, owner=owner, size=8):
                line.send(woven(claimed))
            else:
                time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
def test_m13_a_cap_holds_over_processes_kills_and_clocks(tmp_path: Path) -> None:
    """M13: what all of them hand over stays under the cap in every sliding second, and nothing is lost or doubled."""
    Pace.objects.create(name="all", scope="all", per_second=CAP)
    mailing = newsletter()
    everybody = fans(SIZE)
    entered(mailing, everybody[::2], 0)
    entered(mailing, everybody[1::2], 1)
    log = tmp_path / "handed-over"
    log.touch()
    connections.close_all()
    with inbox() as (sink, url):
        children = []
        for chunk in (0, 1):
            child = os.fork()
            if child == 0:
                os._exit(in_child(partial(work, mailing, chunk, url, log)))
            children.append(child)
        victim = children[0]
        until(lambda: len(log.read_text().splitlines()) >= 3)
        for process in _children_of(victim):
            os.kill(process, signal.SIGKILL)
        os.waitpid(victim, 0)
        assert in_child(partial(work, mailing, 0, url, log, 86_400.0)) == 0
        assert os.waitstatus_to_exitcode(os.waitpid(children[1], 0)[1]) == 0
    moments = sorted(float(line) for line in log.read_text().splitlines())
    for first, later in zip(moments, moments[CAP:], strict=False):
        assert later - first >= 1.0 - 1e-6, "more than the cap in a second"
    found = counts(mailing)
    assert found.prepared == SIZE == found.accepted + found.unknown
    assert max(sink.keys.values()) == 1
    assert SIZE // 2 <= found.accepted <= len(moments), "in doubt is at most what the killed one had begun"


def _children_of(process: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
