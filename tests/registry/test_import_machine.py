"""Imports as a random story with deaths in it, against a model written apart (W3, C4)."""

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tifo.consents.models import Head
from tifo.fans.models import Fan
from tifo.kernel.public import clock
from tifo.registry.actions import importing, merging, staging
from tifo.registry.cli import import_people
from tifo.registry.models import ImportRun

pytestmark = [pytest.mark.django_db, pytest.mark.crash]

POINTS = (
    "registry.stage.block", "registry.stage.written", "registry.import.chunk", "registry.import.uncommitted",
    "registry.import.committed", "registry.import.merged", "registry.import.gathered", "registry.import.tastes",
    "registry.import.rejects", "registry.import.finished",
)  # fmt: skip
YES, NO = "2024-01-01", "withdrawn 2024-05-01"
rows = st.lists(st.tuples(st.integers(0, 5), st.sampled_from(("", YES, NO))), min_size=1, max_size=7)
deaths = st.none() | st.tuples(st.sampled_from(POINTS), st.integers(1, 2))


class Died(BaseException):
    """The process was killed here."""


class Imports(RuleBasedStateMachine):
    """Files of few people that repeat; each import may die, and is then brought again until it ends."""

    at: tuple[str, int] | None = None

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.folder = tempfile.TemporaryDirectory()
        self.files = 0
        self.pending: tuple[Path, list[tuple[int, str]]] | None = None
        self.model: dict[str, str] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)
        self.folder.cleanup()

    @precondition(lambda self: self.pending is None)
    @rule(said=rows, death=deaths)
    def bring(self, said: list[tuple[int, str]], death: tuple[str, int] | None) -> None:
        self.files += 1
        path = Path(self.folder.name, f"{self.files}.csv")
        lines = [f"fan{number}@example.org,{answer},0.5" for number, answer in said]
        path.write_text("\n".join(["email,consent:newsletter,likes:judo", *lines, "broken,,", ""]), "utf-8")
        self.pending = (path, said)
        self._import(death)

    @precondition(lambda self: self.pending is not None)
    @rule(death=deaths)
    def again(self, death: tuple[str, int] | None) -> None:
        self._import(death)

    def _import(self, death: tuple[str, int] | None) -> None:
        assert self.pending is not None
        path, said = self.pending
        Imports.at = death
        try:
            import_people([str(path), "--source", f"file-{self.files}", "--json"], standalone_mode=False)
        except Died:
            long_ago = clock.now() - timedelta(hours=1)  # the dead one's lease runs out
            ImportRun.objects.filter(state=ImportRun.State.RUNNING).update(lease_until=long_ago)
            return
        finally:
            Imports.at = None
        self.pending = None
        self.model = self._after(said)
        assert self._base() == self.model
        run = ImportRun.objects.latest("pk")
        assert (run.read, run.rejected, run.created + run.updated) == (len(said) + 1, 1, len(said))

    def _after(self, said: list[tuple[int, str]]) -> dict[str, str]:
        then = dict(self.model)
        for number, answer in said:
            email = f"fan{number}@example.org"
            stood = then.setdefault(email, "")
            if answer == NO or (answer == YES and not stood):
                then[email] = "withdrawn" if answer == NO else "given"
        return then

    def _base(self) -> dict[str, str]:
        state = dict(Head.objects.filter(purpose="newsletter").values_list("fan_id", "state"))
        return {email: state.get(fan, "") for fan, email in Fan.objects.values_list("id", "email")}

    @invariant()
    def no_import_turns_a_no_into_a_yes(self) -> None:
        """C4, in the middle of a dead import too: what is there lies between before and after."""
        now = self._base()
        after = self._after(self.pending[1]) if self.pending else self.model
        assert set(self.model) <= set(now) <= set(after)
        for email, state in self.model.items():
            assert state != "withdrawn" or now[email] == "withdrawn"


def test_w3_every_story_of_dying_imports_ends_as_the_files_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """W3, C4."""

    def die(name: str) -> None:
        if Imports.at is not None and Imports.at[0] == name:
            left = Imports.at[1] - 1
            Imports.at = (name, left)
            if not left:
                raise Died(name)

    for module in (staging, merging, importing):
        monkeypatch.setattr(module, "crash_point", die)
    monkeypatch.setattr(staging, "CHUNK", 3)
    monkeypatch.setattr(merging, "TASTES_AT_ONCE", 3)
    story: Any = settings(
        max_examples=3, stateful_step_count=6, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Imports, settings=story)
