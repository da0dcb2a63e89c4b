"""`tifo campaigns check | send | report`: what scripts rely on (keys, exit codes, which stream says what)."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from tests.campaigns.made import FILE, fan, taken
from tests.campaigns.worlds import work
from tests.delivery.world import Sink, inbox
from tests.processes import environment
from tifo.campaigns.public import campaigns, read_campaign_file, write_campaign_file
from tifo.kernel.public import jobs
from tifo.server.cli import main

pytestmark = pytest.mark.django_db(transaction=True)

FIGURES = {
    "campaign", "stage", "planned", "accepted", "refused", "unknown", "suppressed", "expired", "cancelled", "open",
}  # fmt: skip


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said where."""

    code: int
    out: str
    err: str

    @property
    def figures(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)  # one document and nothing beside it
        return found


Tifo = Callable[..., Said]


@pytest.fixture
def tifo(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Tifo:
    """The `tifo` command, as the shell would call it; Django is set up already, and would log to our streams."""
    monkeypatch.setattr("django.setup", lambda: None)

    def run(*arguments: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["tifo", *map(str, arguments)])
        capsys.readouterr()
        code: object = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        out, err = capsys.readouterr()
        if isinstance(code, str):  # Python itself prints it there and exits with 1
            code, err = 1, err + code
        assert isinstance(code, int)
        assert "Traceback" not in out + err
        return Said(code, out, err)

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A campaign without warnings, in a path with a space in it."""
    folder = tmp_path / "our campaigns"
    folder.mkdir()
    path = folder / "the week.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


@pytest.fixture
def post(settings: LazySettings) -> Iterator[Sink]:
    with inbox() as (sink, url):
        settings.TIFO_SMTP_URL = url
        yield sink


@pytest.fixture
def _people() -> None:
    """Three who get it, in two languages, and one who never agreed."""
    for number, language in enumerate(("en", "fr", "fr")):
        fan(number, "newsletter", language=language)
    fan(3)


def _adds_up(figures: Mapping[str, Any]) -> bool:
    outcomes = [figures[name] for name in ("accepted", "refused", "unknown", "expired", "cancelled", "open")]
    return bool(figures["planned"] == sum(outcomes) + sum(figures["suppressed"].values()))


def _edit(file: Path, old: str, new: str) -> Path:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


@pytest.mark.usefixtures("_people")
class TestCheck:
    """`tifo campaigns check FILE`."""

    def test_a_good_file(self, tifo: Tifo, file: Path) -> None:
        said = tifo("campaigns", "check", file, "--json")
        assert (said.code, said.err) == (0, "")
        assert said.figures == {"audience": 4, "errors": 0, "problems": []}
        assert tifo("campaigns", "check", file).out == "4 fans in the audience; 0 errors, 0 warnings.\n"
        assert campaigns() == []

    def test_a_warning_is_no_failure(self, tifo: Tifo, file: Path) -> None:
        _edit(
            file,
            'welcome: {markdown: {en: "Hello',
            'welcome: {when: \'language = "fr"\', markdown: {en: "Hello',
        )
        said = tifo("campaigns", "check", file, "--json")
        assert said.code == 0
        assert [(one["level"], one["place"]) for one in said.figures["problems"]] == [
            ("warning", "slot trunk")
        ]
        assert set(said.figures["problems"][0]) == {"level", "place", "text", "mend"}

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("everyone()", "evryone()", "evryone"),
            ("Hello", "Hello {{ fan.nickname }}", "fan.nickname"),
            ("Hello", "Hello {{ fan.first_name }}", "fan.first_name"),
            ("purpose: newsletter", "purpose: newsleter", "newsleter"),
        ],
    )
    def test_an_error_is_a_failure_and_still_a_result(
        self, tifo: Tifo, file: Path, old: str, new: str, words: str
    ) -> None:
        said = tifo("campaigns", "check", _edit(file, old, new), "--json")
        assert said.code == 1
        assert said.figures["errors"] >= 1
        error = next(one for one in said.figures["problems"] if one["level"] == "error")
        assert words in f"{error['place']} {error['text']}"
        assert error["mend"]
        sent = tifo("campaigns", "send", file, "--yes", "--json")
        assert (sent.code, sent.out) == (1, "")
        assert words in sent.err
        assert campaigns() == []


@pytest.mark.parametrize("verb", ["check", "send"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (FILE.replace("blocks: [welcome]", "blocks: [welcom]").encode(), "line 8, column 28: "),
        (FILE.replace("purpose:", "purpos:").encode(), "line 3, column 1: "),
        (b"\xef\xbb\xbf\tcampaign: x", "line 1, column 1: "),
        (FILE.replace("Numéro", "Num\xe9ro").encode("latin-1"), "is not UTF-8"),
        (b"", "is empty"),
    ],
)
def test_a_file_that_cant_be_read_is_refused_with_its_place_and_path(
    tifo: Tifo, file: Path, verb: str, content: bytes, words: str
) -> None:
    file.write_bytes(content)
    said = tifo("campaigns", verb, file, "--json")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"tifo: {file}: ")
    assert words in said.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("check",),
        ("check", "nowhere.yaml"),
        ("send", "nowhere.yaml", "--yes"),
        ("send", "--yes"),
        ("report",),
        ("report", "x", "--loudly"),
    ],
)
def test_a_command_that_was_typed_wrong_says_how_it_is_used(tifo: Tifo, arguments: tuple[str, ...]) -> None:
    said = tifo("campaigns", *arguments)
    assert (said.code, said.out) == (2, "")
    assert "Usage: " in said.err


@pytest.mark.parametrize("arguments", [("report", "never"), ("pause", "never"), ("export", "never")])
def test_an_unknown_campaign_is_an_error_on_standard_error(tifo: Tifo, arguments: tuple[str, ...]) -> None:
    said = tifo("campaigns", *arguments)
    assert (said.code, said.out) == (1, "")
    assert "never" in said.err


@pytest.mark.usefixtures("_people")
class TestSend:
    """`tifo campaigns send FILE --yes --wait`, where no worker is up."""

    def test_m7_the_same_file_again_mails_nobody(self, tifo: Tifo, file: Path, post: Sink) -> None:
        said = tifo("campaigns", "send", file, "--yes", "--wait", "--json")
        assert (said.code, said.err) == (0, "")
        assert said.figures == {
            "campaign": "the-week", "stage": "finished", "planned": 4, "accepted": 3, "refused": 0, "unknown": 0,
            "suppressed": {"no_consent": 1}, "expired": 0, "cancelled": 0, "open": 0,
        }  # fmt: skip
        assert _adds_up(said.figures)
        assert sorted(address for address, _ in taken(post)) == [f"fan{n}@example.org" for n in range(3)]
        again = tifo("campaigns", "send", file, "--yes", "--wait", "--json")
        assert (again.code, again.figures) == (0, said.figures)
        assert len(post.contents) == 3

    def test_m7_a_changed_file_is_a_sending_of_its_own_when_asked_for(
        self, tifo: Tifo, file: Path, post: Sink
    ) -> None:
        tifo("campaigns", "send", file, "--yes", "--wait")
        _edit(file, "Edition 1", "Edition 2")
        refused = tifo("campaigns", "send", file, "--yes", "--wait", "--json")
        assert (refused.code, refused.out) == (1, "")
        assert "--again" in refused.err
        assert len(post.contents) == 3
        said = tifo("campaigns", "send", file, "--yes", "--wait", "--json", "--again")
        assert (said.code, said.figures["accepted"]) == (0, 3)
        assert sorted(taken(post))[:2] == [
            ("fan0@example.org", "Edition 1"),
            ("fan0@example.org", "Edition 2"),
        ]

    def test_without_yes_a_warning_stops_it_and_nothing_is_kept(
        self, tifo: Tifo, file: Path, post: Sink
    ) -> None:
        fan(9, "newsletter", language="de")
        said = tifo("campaigns", "send", file, "--wait", "--json")
        assert (said.code, said.out) == (1, "")
        assert "warning: " in said.err
        assert "--yes" in said.err
        assert (campaigns(), post.contents) == ([], [])
        past = tifo("campaigns", "send", file, "--yes", "--wait", "--json")
        assert (past.code, past.figures["accepted"]) == (0, 4)
        assert "warning: " in past.err

    @pytest.mark.parametrize(
        ("old", "new", "place", "words"),
        [
            ("Hello,", "Hello, ![](https://example.org/a.png)", "block “welcome”", "an image has no text"),
            ("Hello,", "Hello, " + "日本語 " * 11_500, "message, en", "above 100 kB"),
            ('en: "Hello', 'ar: "مرحبا", en: "Hello', "subject", "“ar”"),
        ],
        ids=["image", "heavy", "language"],
    )
    def test_each_warning_stops_it_until_somebody_says_yes(
        self, tifo: Tifo, file: Path, post: Sink, old: str, new: str, place: str, words: str
    ) -> None:
        _edit(file, old, new)
        found = tifo("campaigns", "check", file, "--json")
        assert found.code == 0
        assert [one["level"] for one in found.figures["problems"]] == ["warning"]
        assert place in found.figures["problems"][0]["place"]
        assert words in found.figures["problems"][0]["text"]
        said = tifo("campaigns", "send", file, "--wait")
        assert (said.code, said.out, post.contents) == (1, "", [])
        assert words in said.err
        assert tifo("campaigns", "send", file, "--yes", "--wait").code == 0
        assert len(post.contents) == 3

    def test_without_wait_it_is_left_to_a_worker(self, tifo: Tifo, file: Path, post: Sink) -> None:
        said = tifo("campaigns", "send", file, "--yes", "--json")
        assert (said.code, set(said.figures), said.figures["stage"]) == (0, FIGURES, "planning")
        assert _adds_up(said.figures)
        assert post.contents == []
        work()
        assert len(post.contents) == 3
        found = tifo("campaigns", "send", file, "--yes", "--json")
        assert (found.code, found.figures["stage"], found.figures["accepted"]) == (0, "finished", 3)

    def test_what_waits_for_a_person_is_no_success(
        self, tifo: Tifo, file: Path, post: Sink, settings: LazySettings
    ) -> None:
        settings.TIFO_APPROVAL_ABOVE = 3
        said = tifo("campaigns", "send", file, "--yes", "--wait", "--json")
        assert (said.code, said.figures["stage"], said.figures["open"]) == (1, "awaiting-approval", 4)
        assert _adds_up(said.figures)
        assert "approval of a second person" in said.err
        again = tifo("campaigns", "send", file, "--yes", "--json")  # it was not asked to wait for the end
        assert (again.code, again.figures["stage"]) == (0, "awaiting-approval")
        gone = tifo("campaigns", "cancel", "the-week", "--json")
        assert (gone.code, gone.figures["cancelled"], gone.figures["open"]) == (0, 4, 0)
        assert _adds_up(gone.figures)
        assert post.contents == []

    def test_waiting_for_what_is_paused_or_cancelled_ends_at_once(
        self, tifo: Tifo, file: Path, post: Sink
    ) -> None:
        tifo("campaigns", "send", file, "--yes", "--at", "2099-07-28T09:00")
        work()
        assert tifo("campaigns", "pause", "the-week", "--json").figures["stage"] == "paused"
        said = tifo("campaigns", "send", file, "--yes", "--wait", "--json")
        assert (said.code, said.figures["stage"], said.figures["open"]) == (1, "paused", 4)
        assert "It is paused" in said.err
        assert tifo("campaigns", "resume", "the-week", "--json").figures["stage"] == "scheduled"
        assert tifo("campaigns", "cancel", "the-week", "--json").figures["cancelled"] == 4
        again = tifo("campaigns", "resume", "the-week", "--json")
        assert (again.code, again.out) == (1, "")
        assert post.contents == []

    def test_nobody_to_send_to_is_a_failure_with_its_reason(self, tifo: Tifo, file: Path) -> None:
        _edit(file, "everyone()", 'country = "JP"')
        said = tifo("campaigns", "send", file, "--yes", "--wait", "--json")
        assert (said.code, said.figures["stage"], said.figures["planned"]) == (1, "failed", 0)
        assert "nobody" in said.err

    def test_a_time_must_be_a_time(self, tifo: Tifo, file: Path) -> None:
        assert tifo("campaigns", "send", file, "--at", "tomorrow").code == 2
        lonely = tifo("campaigns", "send", file, "--own-zone", "--yes")
        assert (lonely.code, lonely.out) == (1, "")
        assert "--at" in lonely.err
        said = tifo("campaigns", "send", file, "--yes", "--at", "2099-07-28T09:00", "--own-zone", "--json")
        assert said.code == 0
        work()
        assert tifo("campaigns", "send", file, "--yes", "--json").figures["stage"] == "scheduled"

    def test_the_report_has_the_same_keys_and_the_rates(self, tifo: Tifo, file: Path, post: Sink) -> None:
        sent = tifo("campaigns", "send", file, "--yes", "--wait", "--json").figures
        said = tifo("campaigns", "report", "the-week", "--json")
        assert (said.code, said.err) == (0, "")
        assert {name: said.figures[name] for name in FIGURES} == sent
        assert len(post.contents) == said.figures["accepted"]
        for rate in ("opened", "clicked"):
            assert said.figures[rate] == {
                "certain": 0, "all": 0, "of": 3, "certain_rate": 0.0, "all_rate": 0.0,
            }  # fmt: skip
        assert said.figures["unsubscribed"] == {"count": 0, "of": 3}
        lines = tifo("campaigns", "report", "the-week").out
        assert "planned 4 = accepted 3 + suppressed 1 + refused 0" in lines

    def test_what_is_exported_is_the_same_campaign(self, tifo: Tifo, file: Path, post: Sink) -> None:
        tifo("campaigns", "send", file, "--yes", "--wait")
        said = tifo("campaigns", "export", "the-week")
        assert said.out == write_campaign_file(read_campaign_file(FILE))
        file.write_text(said.out, encoding="utf-8")
        assert tifo("campaigns", "send", file, "--yes", "--wait").code == 0
        assert len(post.contents) == 3
        listed = tifo("campaigns", "list", "--json")
        assert (listed.code, json.loads(listed.out)) == (0, [{"name": "the-week", "stage": "finished"}])


def _until_it_works(worker: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while not jobs.worker_seen(timedelta(seconds=60)):
        assert worker.poll() is None, "it ended by itself"
        assert time.monotonic() < end, "it does not begin to work"
        time.sleep(0.1)


def test_beside_a_worker_that_is_up_nobody_gets_two(
    tifo: Tifo, file: Path, post: Sink, settings: LazySettings, tmp_path: Path
) -> None:
    people = 60
    for number in range(people):
        fan(number, "newsletter")
    variables = environment(settings, TIFO_SMTP_URL=settings.TIFO_SMTP_URL)
    with (tmp_path / "worker.log").open("wb") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "tifo", "worker"], env=variables, stdout=log, stderr=log
        )
    try:
        _until_it_works(worker)
        said = tifo("campaigns", "send", file, "--yes", "--wait", "--json")
    finally:
        worker.terminate()
        assert worker.wait(30) == 0
    assert (said.code, said.figures["stage"], said.figures["accepted"]) == (0, "finished", people)
    assert _adds_up(said.figures)
    assert post.recipients == {f"fan{number}@example.org": 1 for number in range(people)}
