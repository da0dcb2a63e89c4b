"""The importer: killed anywhere and run again, the base is as after one clean run (W3)."""

import importlib
import json
from pathlib import Path
from typing import Any

from bench.crash.part import Part, Verdict
from bench.crash.worlds import rows
from tifo.registry.cli import import_people
from tifo.registry.models import ImportRun

CHUNK = 20

_staging = importlib.import_module("tifo.registry.actions.staging")
_merging = importlib.import_module("tifo.registry.actions.merging")

_HER = "FROM fans_fan f JOIN"
STATE = {
    "fans": "SELECT email, first_name, last_name, source, member_since IS NULL FROM fans_fan",
    "identities": f'SELECT f.email, i.kind, i."key" {_HER} fans_identity i ON i.fan_id = f.id',
    "consents": f"SELECT f.email, h.purpose, h.state, h.version, h.moment {_HER} consents_head h ON h.fan_id = f.id",
    "ledger": f"SELECT f.email, e.purpose, e.version, e.act, e.source {_HER} consents_entry e ON e.fan_id = f.id",
    "tastes": f"SELECT f.email, t.slug, p.score {_HER} preferences_preference p ON p.fan_id = f.id "
    "JOIN preferences_topic t ON t.id = p.topic_id",
}


def people_file(path: Path) -> None:
    """People, some of them twice, some of them broken."""
    lines = ["email,first_name,last_name,consent:newsletter,likes:judo,likes:surfing,club_member"]
    for n in range(50):
        given = "2024-01-01" if n % 2 else ""
        lines.append(f"fan{n}@lac.example,First{n},,{given},{'0.5' if n % 3 else ''},,yes")
    lines += ["broken,,,,,,", "also@broken@lac.example,,,,,,"]
    lines += [f"FAN{n}@lac.example,Other,Last{n},withdrawn 2024-05-01,0.9,0.3," for n in range(0, 50, 10)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _import(path: Path) -> None:
    _staging.CHUNK = CHUNK
    _merging.TASTES_AT_ONCE = CHUNK
    import_people([str(path), "--source", "x", "--json"], standalone_mode=False)


def _figures() -> dict[str, Any]:
    run = ImportRun.objects.get()
    rejects = next(Path(str(run_folder)).read_text(encoding="utf-8-sig") for run_folder in _rejects(run))
    return {
        "read": run.read,
        "created": run.created,
        "updated": run.updated,
        "rejected": run.rejected,
        "file": rejects,
    }


def _rejects(run: ImportRun) -> list[Path]:
    files = importlib.import_module("tifo.registry.actions.files")
    return [files.rejects_path(run)]


class Importer(Part):
    """Imports 57 rows in chunks of 20, with consents, tastes and rejects."""

    name = "importer"

    @property
    def _file(self) -> Path:
        return self.world.folder / "people.csv"

    def prepare(self) -> dict[str, Any]:
        people_file(self._file)
        return {}

    def act(self) -> None:
        _import(self._file)

    def clean(self) -> dict[str, Any]:
        """What one clean run makes."""
        _import(self._file)
        return {"state": {name: rows(sql) for name, sql in STATE.items()}, "figures": _figures()}

    def finish(self, clean: dict[str, Any]) -> Verdict:
        verdict = Verdict()
        if not _shown(self.said):
            _import(self._file)
        verdict.same({name: rows(sql) for name, sql in STATE.items()}, clean["state"])
        found = _figures()
        verdict.expect(found == clean["figures"], f"W3: the figures are {found}")
        left = [str(path) for path in self.world.data.glob("imports/*/staged*")]
        verdict.expect(not left, f"people's data is left in {left}")
        return verdict


def _shown(file: Path) -> bool:
    """Whether the killed run had said its result: the same file brought again would be a new import."""
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            return "created" in json.loads(line)
        except ValueError:
            continue
    return False
