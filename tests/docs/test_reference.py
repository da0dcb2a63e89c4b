"""The reference says what the code does: generated pages are current, written ones complete."""

import ast
import re
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import click
import pytest
import yaml
from django.conf import LazySettings

from tests.docs.pages import DOCS, ROOT, fences, name, pages, pairs
from tifo.campaigns.public import read_campaign_file
from tifo.consents.public import purpose_keys
from tifo.content.public import check
from tifo.content.rules.tags import TAGS
from tifo.registry.rules.columns import KNOWN
from tifo.server.cli import mount_commands, tifo
from tifo.spectators.public import FILES

REFERENCE = DOCS / "reference"
SETTING = re.compile(r"^\| `(TIFO_[A-Z_]+)` \|(.*)\|(.*)\|(.*)\|$", re.MULTILINE)


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    loader = SourceFileLoader("reference_pages", str(ROOT / "tools" / "reference"))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["command-line.md", "events.md", "roles.md", "api.md"])
def test_generated_pages_are_current(generator: ModuleType, page: str) -> None:
    text = (REFERENCE / page).read_text(encoding="utf-8")
    assert text == generator.pages()[page], "run tools/reference"


def _read_settings() -> Iterator[tuple[str, str | None]]:
    """Every TIFO_* variable that the code reads, with its default where that is a plain text."""
    for path in sorted((ROOT / "src" / "tifo").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or not call.args or not isinstance(call.args[0], ast.Constant):
                continue
            variable = call.args[0].value
            if not isinstance(variable, str) or not re.fullmatch(r"TIFO_[A-Z_]+", variable):
                continue
            default = call.args[1] if len(call.args) > 1 else None
            yield variable, default.value if isinstance(default, ast.Constant) else None


def test_every_setting_is_on_the_page_and_no_other() -> None:
    told = {row[0] for row in SETTING.findall((REFERENCE / "settings.md").read_text(encoding="utf-8"))}
    read = {variable for variable, _ in _read_settings()}
    assert len(read) > 20
    assert told == read


def test_defaults_on_the_page_are_those_of_the_code() -> None:
    told = {
        row[0]: row[2] for row in SETTING.findall((REFERENCE / "settings.md").read_text(encoding="utf-8"))
    }
    wrong = {
        variable: default
        for variable, default in _read_settings()
        if default and default not in told[variable]
    }
    assert wrong == {}


def test_every_setting_has_meaning_default_and_example() -> None:
    for variable, *cells in SETTING.findall((REFERENCE / "settings.md").read_text(encoding="utf-8")):
        assert all(cell.strip() for cell in cells), variable


def _columns(section: str) -> dict[str, set[str]]:
    """{heading: names in the first column of its table} of the page of CSV files; bold names are needed."""
    text = (REFERENCE / "csv.md").read_text(encoding="utf-8")
    part = re.search(rf"^## `?{re.escape(section)}`?.*?\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert part is not None, section
    rows = re.findall(r"^\| (\**)`([^`]+)`\** \|", part[1], re.MULTILINE)
    return {"all": {column for _, column in rows}, "needed": {column for bold, column in rows if bold}}


def test_the_columns_of_people() -> None:
    assert _columns("People")["all"] == {*KNOWN, "consent:<purpose>", "likes:<topic>"}


@pytest.mark.parametrize("kind", FILES)
def test_the_columns_of_programme_and_tickets(kind: str) -> None:
    known, needed = FILES[kind]
    assert _columns(f"{kind}.csv") == {"all": set(known), "needed": set(needed)}


def _campaigns() -> list[tuple[Path, str]]:
    return [(page, body) for page in pages() for body in fences(page, "yaml") if body.startswith("campaign:")]


def test_campaign_files_are_shown() -> None:
    assert {"docs/tutorial.md", "docs/reference/campaign-file.md"} <= {name(page) for page, _ in _campaigns()}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("page", "body"), _campaigns(), ids=lambda value: name(value) if isinstance(value, Path) else ""
)
def test_every_campaign_file_is_read_and_checked(page: Path, body: str) -> None:
    definition = read_campaign_file(body)
    assert [problem for problem in check(definition.composition) if problem.level == "error"] == []


def test_other_yaml_is_yaml() -> None:
    for page in pages():
        for body in fences(page, "yaml"):
            assert yaml.safe_load(body) is not None, name(page)


def _commands_told() -> list[tuple[str, str]]:
    """Every line that begins with `tifo` in a shell fence or stands between back-ticks."""
    found = []
    for page in pages():
        text = page.read_text(encoding="utf-8")
        lines = [line for language, body in pairs(page) if language == "shell" for line in body.splitlines()]
        # continuation of heredocs and options is of no interest here: the first words say which command it is
        found += [(name(page), line.strip()) for line in lines if re.match(r"\s*tifo\b", line)]
        found += [(name(page), code) for code in re.findall(r"`(tifo [a-z][^`\n]*)`", text)]
    return found


@pytest.mark.parametrize(("page", "line"), _commands_told())
def test_every_command_that_is_named_exists(page: str, line: str) -> None:
    mount_commands()
    words = [word for word in line.split("#")[0].split() if word not in ("…", "|")][1:]
    command: click.Command = tifo
    while isinstance(command, click.Group) and words:
        names = words.pop(0).split("|")
        assert set(names) - {"…", "COMMAND", "<noun>", "--help", "--version"} <= set(command.commands), (
            f"{page}: {line}"
        )
        if names[0] not in command.commands:
            return
        command = command.commands[names[0]]
        if words and words[0] == "|":
            return
    options = {written for option in command.params for written in option.opts}
    said = {word.split("=")[0] for word in words if re.fullmatch(r"--[a-z-]+(=.*)?", word)}
    if command.name != "django":
        assert said - {"--help"} <= options, f"{page}: {line}"


def test_settings_that_are_named_exist(settings: LazySettings) -> None:
    known = {variable for variable, _ in _read_settings()}
    for page in pages():
        for variable in re.findall(r"\bTIFO_[A-Z_]+\b", page.read_text(encoding="utf-8")):
            assert variable.removesuffix("_FILE") in known or hasattr(settings, variable), (
                f"{name(page)}: {variable}"
            )


def test_the_merge_tags_on_the_page_are_those_of_the_code() -> None:
    text = (REFERENCE / "campaign-file.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `((?:fan|session|ticket)\.\w+)` \| (yes|no) \|$", text, re.MULTILINE))
    assert told == {tag.name: "yes" if tag.empty else "no" for tag in TAGS.values()}


@pytest.mark.django_db
def test_the_purposes_on_the_page_are_those_there_are() -> None:
    text = (REFERENCE / "csv.md").read_text(encoding="utf-8")
    told = re.search(r"Purposes: (.*?) \|", text)
    assert told is not None
    assert set(re.findall(r"`([a-z-]+)`", told[1])) == set(purpose_keys())
