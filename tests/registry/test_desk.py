"""The desk in the studio: find a fan, read her page, do what she asks, import."""

import io
import json
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import Context, Template
from django.test import Client, override_settings
from django.utils import translation

from tests.accounts.signing import staff_client
from tests.delivery.reports import delivery_report
from tests.delivery.world import Recorder
from tifo.accounts.public import audit_entries
from tifo.consents.public import consent_states, ledger
from tifo.delivery.public import hear_mail, send_letter, send_letters
from tifo.fans.public import create_fan, erase_fan, fan_by_email, fan_count, fans
from tifo.kernel.public import Refused, deliver_events
from tifo.preferences.public import declare, ensure_topics
from tifo.registry.models import ImportRun
from tifo.registry.public import export_known, work_on_uploads
from tifo.registry.web.drawing import growth_line

pytestmark = pytest.mark.django_db


@pytest.fixture
def lea() -> int:
    fan_id = create_fan(
        source="ticketing",
        email="lea.canary@example.org",
        phone="+33612345678",
        first_name="Léacanary",
        last_name="Martincanary",
        birth_date=date(1990, 7, 14),
        language="fr",
        external_id="CANARY-77",
    )
    ensure_topics(["judo"])
    declare(fan_id, "judo", 0.8, source="fan")
    return fan_id


def acts() -> list[str]:
    return [entry.act for entry in audit_entries() if entry.act.startswith("registry.")]


def test_the_list_teaches_an_empty_base_and_finds_fans(lea: int) -> None:
    client = staff_client("support")
    for words in ("lea.canary", "martincanary lea", "0612345678", "CANARY-7"):
        page = client.get("/studio/fans/", {"q": words})
        assert f"/studio/fans/{lea}/" in page.content.decode(), words
    assert "Nobody found" in client.get("/studio/fans/", {"q": "zzz"}).content.decode()
    erase_fan(lea)
    assert "No fan yet" in client.get("/studio/fans/").content.decode()


def test_the_list_is_paged_by_key() -> None:
    ids = [create_fan(source="x", email=f"f{n}@example.org") for n in range(60)]
    client = staff_client("support")
    first = client.get("/studio/fans/").content.decode()
    assert f"?before={ids[10]}" in first
    second = client.get("/studio/fans/", {"before": ids[10]}).content.decode()
    assert f"/studio/fans/{ids[9]}/" in second
    assert f"/studio/fans/{ids[11]}/" not in second
    assert client.get("/studio/fans/", {"before": "x" * 30}).status_code == 200


def test_a_fans_page_shows_what_is_known(lea: int) -> None:
    page = staff_client("support").get(f"/studio/fans/{lea}/").content.decode()
    for words in (
        "Léacanary Martincanary",
        "lea.canary@example.org",
        "+33612345678",
        "Judo",
        "0.80",
        "never answered",
    ):
        assert words in page, words
    assert "Erase for good" not in page
    assert staff_client("support").get("/studio/fans/999999/").status_code == 404


@pytest.mark.parametrize("role", ["support", "communicator", "animator", "admin"])
def test_only_data_protection_exports_and_erases(lea: int, role: str) -> None:
    client = staff_client(role)
    assert client.post(f"/studio/fans/{lea}/export/").status_code == 403
    assert client.post(f"/studio/fans/{lea}/erase/", {"typed": "lea.canary@example.org"}).status_code == 403
    assert fan_by_email("lea.canary@example.org") is not None


def test_an_analyst_sees_no_fan(lea: int) -> None:
    assert staff_client("analyst").get(f"/studio/fans/{lea}/").status_code == 403


def test_facts_are_corrected_with_one_audit_entry_that_holds_no_fact(lea: int) -> None:
    client = staff_client("support")
    facts = {"email": "new@example.org", "first_name": "Léa", "last_name": "Martincanary", "birth_date": "1990-07-14",
             "language": "fr", "phone": "+33612345678", "external_id": "CANARY-77"}  # fmt: skip
    assert client.post(f"/studio/fans/{lea}/edit/", facts).status_code == 302
    assert (fans([lea])[lea].email, fans([lea])[lea].first_name) == ("new@example.org", "Léa")
    entry = audit_entries()[0]
    assert acts() == ["registry.correct"]
    assert json.loads(entry.detail) == {"fields": ["email", "first_name"]}
    again = client.post(f"/studio/fans/{lea}/edit/", {**facts, "birth_date": "14/07/1990"})
    assert "it is no date" in again.content.decode()
    assert acts() == ["registry.correct"]


def test_staff_writes_down_a_yes_and_a_no_with_the_reason_as_proof(lea: int) -> None:
    client = staff_client("support")
    where = f"/studio/fans/{lea}/consents/newsletter"
    assert client.get(f"{where}/yes/").status_code == 200
    assert "This field is required" in client.post(f"{where}/yes/", {"reason": ""}).content.decode()
    assert client.post(f"{where}/yes/", {"reason": "asked by phone on 3 May"}).status_code == 302
    assert [(state.purpose, state.state) for state in consent_states(lea)] == [("newsletter", "given")]
    assert ledger(lea)[0].proof["reason"] == "asked by phone on 3 May"
    assert client.post(f"{where}/no/", {"reason": "wrote to us"}).status_code == 302
    assert consent_states(lea)[0].state == "withdrawn"
    assert sorted(acts()) == ["registry.consent-given", "registry.consent-withdrawn"]
    page = client.get(f"/studio/fans/{lea}/").content.decode()
    assert "asked by phone on 3 May" in page
    assert client.get(f"/studio/fans/{lea}/consents/spam/yes/").status_code == 404


def test_everything_known_is_exported_for_machines_and_for_her(lea: int) -> None:
    client = staff_client("data-protection")
    answer = client.post(f"/studio/fans/{lea}/export/")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        known = json.loads(archive.read("everything.json"))
        readable = archive.read("everything.html").decode()
    assert known["fan"]["email"] == "lea.canary@example.org"
    assert known["tastes"][0]["topic"]["slug"] == "judo"
    assert {one["kind"] for one in known["identities"]} == {"email", "phone", "external"}
    for words in ("lea.canary@example.org", "Martincanary", "Judo"):
        assert words in readable
    assert acts() == ["registry.export"]


def test_v2_the_audit_entry_of_an_export_is_in_the_same_transaction(
    lea: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tifo.registry.actions import rights

    def no_trail(*_entry: object) -> int:
        raise Refused("no trail")

    monkeypatch.setattr(rights, "audit", no_trail)
    with pytest.raises(Refused):
        rights.erase(lea, 1)
    assert fans([lea])[lea].erased_at is None
    with pytest.raises(Refused):
        export_known(lea, 1)


def test_erasing_needs_the_right_words_and_is_written_down_once(lea: int) -> None:
    client = staff_client("data-protection")
    client.post(f"/studio/fans/{lea}/erase/", {"typed": "somebody@else.org"})
    assert fans([lea])[lea].erased_at is None
    for _ in range(2):
        client.post(f"/studio/fans/{lea}/erase/", {"typed": "lea.canary@example.org"})
    assert fans([lea])[lea].erased_at is not None
    assert acts() == ["registry.erase"]


@pytest.mark.django_db(transaction=True)
def test_v3_after_an_erasure_nothing_of_her_is_found_and_no_import_brings_her_back(
    lea: int, settings: Any
) -> None:
    client = staff_client("data-protection")
    rows = "email,first_name\nlea.canary@example.org,=bad\nother@example.org,Other\n"
    import_in_the_studio(client, rows)
    assert canary_files(settings.TIFO_DATA) != []  # the rejects name her
    client.post(f"/studio/fans/{lea}/erase/", {"typed": "lea.canary@example.org"})
    while deliver_events():
        pass
    assert canary_files(settings.TIFO_DATA) == []
    assert canary_rows() == []
    before = fan_count()
    result = import_in_the_studio(
        client, "email,first_name\nLEA.canary@example.org,Léacanary\nnew@example.org,New\n"
    )
    assert (result.created, result.rejected) == (1, 1)
    assert fan_count() == before + 1
    rejects = (settings.TIFO_DATA / "imports" / str(result.pk) / "rejects.csv").read_text(
        encoding="utf-8-sig"
    )
    assert "asked to be forgotten" in rejects
    assert "canary" not in rejects.casefold()


CANARIES = ("canary", "33612345678")


def canary_files(folder: Path) -> list[str]:
    return [
        str(path)
        for path in folder.rglob("*")
        if path.is_file() and any(word.encode() in path.read_bytes().lower() for word in CANARIES)
    ]


def canary_rows() -> list[str]:
    """Tables whose rows still hold a canary (sessions and staff are not the fan's)."""
    from django.apps import apps

    found = []
    for model in apps.get_models(include_auto_created=True):
        for row in model._default_manager.values_list():
            text = " ".join(bytes(v).hex() if isinstance(v, memoryview) else str(v) for v in row).casefold()
            if any(word in text for word in CANARIES):
                found.append(f"{model._meta.label}: {text}")
    return found


def upload(client: Client, text: str, name: str = "people.csv") -> Any:
    return client.post("/studio/fans/import/", {"file": SimpleUploadedFile(name, text.encode())})


def settle(client: Client, run: ImportRun, columns: list[str], **more: str) -> Any:
    how = {"source": "studio", "delimiter": ",", "encoding": "utf-8", **more}
    return client.post(
        f"/studio/fans/import/{run.pk}/",
        {**how, **{f"column-{n}": column for n, column in enumerate(columns)}},
    )


def import_in_the_studio(client: Client, text: str) -> ImportRun:
    upload(client, text)
    run = ImportRun.objects.latest("pk")
    settle(client, run, text.splitlines()[0].split(","))
    assert work_on_uploads()
    client.post(f"/studio/fans/import/{run.pk}/begin/")
    assert work_on_uploads()
    run.refresh_from_db()
    return run


def test_an_import_in_the_studio_from_upload_to_result() -> None:
    client = staff_client("communicator")
    assert client.get("/studio/fans/import/").status_code == 200
    answer = upload(client, "E-Mail,Prénom,Pointure\na@x.org,Ann,38\nbad,Bob,40\n")
    run = ImportRun.objects.get()
    assert answer["Location"] == f"/studio/fans/import/{run.pk}/"
    page = client.get(answer["Location"]).content.decode()
    assert '<option value="email" selected>' in page
    assert '<option value="first_name" selected>' in page
    assert "1 column isn't known" in page.replace("&#x27;", "'")
    assert "Choose for each column" in settle(client, run, ["email", "first_name", ""]).content.decode()
    assert "both email" in settle(client, run, ["email", "email", "-"]).content.decode()
    assert settle(client, run, ["email", "first_name", "-"]).status_code == 302
    assert "Checking" in client.get(f"/studio/fans/import/{run.pk}/").content.decode()
    assert work_on_uploads()
    assert fan_count() == 0
    page = client.get(f"/studio/fans/import/{run.pk}/").content.decode()
    assert "Import 1 row" in page
    client.post(f"/studio/fans/import/{run.pk}/begin/")
    client.post(f"/studio/fans/import/{run.pk}/begin/")
    assert acts() == ["registry.import"]
    assert client.get(f"/studio/fans/import/{run.pk}/progress/").status_code == 200
    assert work_on_uploads()
    assert not work_on_uploads()
    run.refresh_from_db()
    assert (run.read, run.created, run.updated, run.rejected) == (2, 1, 0, 1)
    fan = fan_by_email("a@x.org")
    assert fan is not None
    assert (fan.first_name, fan.source) == ("Ann", "studio")
    rejects = client.get(f"/studio/fans/import/{run.pk}/rejects/")
    assert b"bad,Bob,40" in b"".join(rejects.streaming_content)  # type: ignore[arg-type]
    assert client.get("/studio/fans/import/").status_code == 200


def test_another_separator_proposes_the_columns_anew() -> None:
    client = staff_client("communicator")
    upload(client, "email;note, long, very\na@x.org;x\n")
    run = ImportRun.objects.get()
    settle(client, run, ["-", "-", "-"], delimiter=";")
    run.refresh_from_db()
    assert run.reading["targets"] == ["email", ""]


def test_an_unreadable_upload_is_refused_and_not_kept(settings: Any) -> None:
    client = staff_client("communicator")
    page = upload(client, "").content.decode()
    assert "empty" in page
    page = client.post(
        "/studio/fans/import/", {"file": SimpleUploadedFile("people.xlsx", b"PK\x03\x04" + b"x" * 50)}
    ).content.decode()
    assert "spreadsheet" in page
    assert ImportRun.objects.count() == 0
    assert [path for path in (settings.TIFO_DATA / "imports").rglob("*") if path.is_file()] == []


def test_a_file_with_an_open_quote_says_the_line_in_the_studio() -> None:
    client = staff_client("communicator")
    upload(client, "email,n\n" + "a@x.org,A\n" * 10 + 'b@x.org,"B\n')
    run = ImportRun.objects.get()
    settle(client, run, ["email", "first_name"])
    assert work_on_uploads()
    page = client.get(f"/studio/fans/import/{run.pk}/").content.decode()
    assert "line 12 is never closed" in page
    assert client.post(f"/studio/fans/import/{run.pk}/discard/").status_code == 302
    assert ImportRun.objects.count() == 0


def test_support_may_not_import() -> None:
    assert staff_client("support").get("/studio/fans/import/").status_code == 403


def test_the_line_of_growth_has_points_in_every_language() -> None:
    line = growth_line(
        [(datetime(2027, 3, day, tzinfo=UTC), count) for day, count in ((1, 2), (8, 3), (15, 6))]
    )
    assert line is not None
    with translation.override("fr"):
        drawn = Template("{{ line.points }} | {{ line.last_x }} {{ line.last_y }}").render(
            Context({"line": line})
        )
    assert drawn == "4.0,41.3 160.0,32.0 316.0,4.0 | 316.0 4.0"


def test_a_fans_page_shows_what_came_back_with_the_other_sides_words(lea: int) -> None:
    """The diagnostic is there without addresses, and it says why nothing is sent to her any more."""
    send_letter("welcome", fan_id=lea, subject="Welcome", text="Hello")
    way_out = Recorder()
    with override_settings(TIFO_RETURN_PATH="bounces+*@news.tifo.example"):
        send_letters(way_out, owner="x")
    report = delivery_report(way_out.parcels[0], said='550 5.1.1 <lea.canary@example.org> & "has left"')
    assert hear_mail(report, "", "tests") == "hard"
    page = staff_client("support").get(f"/studio/fans/{lea}/").content.decode()
    assert "bounced: the address is gone" in page
    assert "mails to it come back" in page
    assert "550 5.1.1 &lt;[address]&gt; &amp; &quot;has left&quot;</bdi>" in page
