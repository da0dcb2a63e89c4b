"""The one law: calls go down, doors are used, foreign keys obey the same order."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).parent.parent.parent
SOURCE = ROOT / "src" / "tifo"
CONTEXTS = sorted(
    path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists() and path.name != "locale"
)

# from the highest to the lowest, as in the import contract
ORDER = (
    ("server",),
    ("fanclub", "inbox"),
    ("registry", "insights"),
    ("campaigns",),
    ("content",),
    ("quests", "rewards"),
    ("spectators",),
    ("points",),
    ("preferences",),
    ("delivery",),
    ("consents",),
    ("audiences",),
    ("fans",),
    ("accounts",),
    ("lake",),
    ("ui",),
    ("kernel",),
)
HEIGHT = {name: -level for level, names in enumerate(ORDER) for name in names}

IMPORT = re.compile(r"^\s*(?:from|import) tifo\.(\w+)(?:\.(\w+))?", re.MULTILINE)


def _lint(root: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "lint-imports"
    return subprocess.run(
        [str(program), "--no-cache"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(root / "src"), "PATH": "/usr/bin:/bin"},
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("copy")
    shutil.copytree(
        SOURCE, root / "src" / "tifo", ignore=shutil.ignore_patterns("__pycache__", "static", "locale")
    )
    shutil.copy(ROOT / "pyproject.toml", root)
    return root


def test_every_context_has_its_place() -> None:
    assert set(CONTEXTS) == set(HEIGHT)


def test_a_planted_upward_import_is_caught(copy: Path) -> None:
    assert _lint(copy).returncode == 0, _lint(copy).stdout
    planted = copy / "src" / "tifo" / "kernel" / "clock.py"
    kept = planted.read_text(encoding="utf-8")
    planted.write_text(kept + "\nimport tifo.campaigns.public\n", encoding="utf-8")
    caught = _lint(copy)
    planted.write_text(kept, encoding="utf-8")
    assert caught.returncode == 1
    assert "tifo.kernel.clock -> tifo.campaigns.public" in caught.stdout


def test_a_planted_upward_import_inside_a_context_is_caught(copy: Path) -> None:
    planted = copy / "src" / "tifo" / "campaigns" / "models.py"
    kept = planted.read_text(encoding="utf-8")
    planted.write_text(kept + "\nimport tifo.campaigns.actions\n", encoding="utf-8")
    caught = _lint(copy)
    planted.write_text(kept, encoding="utf-8")
    assert caught.returncode == 1
    assert "tifo.campaigns.models -> tifo.campaigns.actions" in caught.stdout


@pytest.mark.parametrize("context", CONTEXTS)
def test_other_contexts_are_entered_by_their_door(context: str) -> None:
    offences = []
    for path in (SOURCE / context).rglob("*.py"):
        if "migrations" in path.parts:
            continue
        for other, module in IMPORT.findall(path.read_text(encoding="utf-8")):
            if other in HEIGHT and other != context and module != "public" and context != "server":
                offences.append(f"{path.relative_to(ROOT)} imports tifo.{other}.{module}")
    assert offences == []


def test_the_server_enters_contexts_by_door_or_screen() -> None:
    offences = []
    for path in (SOURCE / "server").rglob("*.py"):
        for other, module in IMPORT.findall(path.read_text(encoding="utf-8")):
            if other in HEIGHT and other != "server" and module not in ("public", "web"):
                offences.append(f"{path.relative_to(ROOT)} imports tifo.{other}.{module}")
    assert offences == []


@pytest.mark.parametrize("context", CONTEXTS)
def test_every_context_explains_itself(context: str) -> None:
    readme = (SOURCE / context / "README.md").read_text(encoding="utf-8")
    assert 300 < len(readme) < 8_000


def test_foreign_keys_obey_the_order() -> None:
    offences = []
    for model in apps.get_models():
        here = model._meta.app_label
        for field in model._meta.get_fields():
            there = field.related_model._meta.app_label if field.is_relation and field.concrete else here
            if here in HEIGHT and there in HEIGHT and HEIGHT[there] > HEIGHT[here]:
                offences.append(f"{model.__name__}.{field.name} points up to {there}")
    assert offences == []


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_module_outgrows_one_concept(path: Path) -> None:
    if "migrations" not in path.parts:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
