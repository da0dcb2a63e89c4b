"""The lake writer: killed anywhere, the last generation goes on serving, and the next refresh equals a rebuild."""

from datetime import UTC, datetime
from typing import Any

from bench.crash.hitting import line, sent
from bench.crash.part import Part, Verdict
from tifo.consents.public import give, withdraw
from tifo.delivery.public import load_hits
from tifo.fans.public import create_fan, update_fan
from tifo.kernel.public import data_path, deliver_events
from tifo.lake.public import current_generation, reading, rebuild, refresh, tables


def _content() -> dict[str, list[str]]:
    with reading() as reader:
        return {
            name: sorted(repr(row) for row in reader.sql(f'SELECT * FROM "{name}"').to_pylist())
            for name in tables()
        }


class LakeWriter(Part):
    """Refreshes a lake after changes."""

    name = "lake writer"

    def prepare(self) -> dict[str, Any]:
        mailing, messages = sent()
        data_path("hits", "0.jsonl").write_text(
            "".join(line(mailing, one, "o", 0) for one in messages), "utf-8"
        )
        _follow()
        refresh()
        before = _content()
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        for number in range(40, 52):
            give(create_fan(source="crash", email=f"fan{number}@lac.example"), "newsletter", source="crash")
        for fan in range(1, 9):
            update_fan(fan, first_name="Léa")
            withdraw(fan, "newsletter", source="crash", moment=moment)
        data_path("hits", "1.jsonl").write_text(
            "".join(line(mailing, one, "c", 9) for one in messages), "utf-8"
        )
        _follow()
        return {"before": before}

    def act(self) -> None:
        refresh()

    def clean(self) -> dict[str, Any]:
        """What one clean run makes."""
        self.act()
        return {"after": _content()}

    def finish(self, clean: dict[str, Any]) -> Verdict:
        verdict = Verdict()
        if current_generation() is None:
            verdict.expect(False, "no generation serves")
        else:
            verdict.expect(
                _content() in (clean["before"], clean["after"]), "a half written generation serves"
            )
        refresh()
        verdict.same(_content(), clean["after"])
        number = getattr(current_generation(), "number", 0)
        rebuild()
        verdict.same(_content(), clean["after"])
        verdict.expect(getattr(current_generation(), "number", 0) > number, "generations go backwards")
        return verdict


class LakeRebuild(LakeWriter):
    """Makes the lake anew."""

    name = "lake writer (rebuild)"

    def act(self) -> None:
        rebuild()


def _follow() -> None:
    load_hits()
    while deliver_events():
        pass
