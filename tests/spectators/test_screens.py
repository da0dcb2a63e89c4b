"""The studio's desk for spectators."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.accounts.signing import staff_client
from tests.spectators.files import SESSIONS, TICKETS, VENUES, whole
from tifo.accounts.public import audit_entries
from tifo.fans.public import create_fan
from tifo.kernel.public import data_path
from tifo.spectators import models
from tifo.spectators.actions import work
from tifo.spectators.public import import_programme

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return staff_client("support")


def page(client: Client, name: str, *arguments: object, **query: str) -> str:
    answer = client.get(reverse(f"spectators:{name}", args=arguments), query)
    assert answer.status_code == 200
    return answer.content.decode()


def send(client: Client, **files: str) -> int:
    answer = client.post(
        reverse("spectators:import"),
        {"chosen": [SimpleUploadedFile(f"{name}.csv", text.encode()) for name, text in files.items()]},
    )
    assert answer.status_code == 302
    return int(answer.headers["Location"].rstrip("/").rsplit("/", 1)[1])


def test_empty_states_name_the_one_step(client: Client) -> None:
    assert "No programme yet" in page(client, "programme")
    assert "No venue yet" in page(client, "venues")


def test_the_programme_by_day_venue_and_sport(client: Client, tmp_path: Path) -> None:
    create_fan(source="test", email="lea@example.org", language="fr")
    import_programme(whole(tmp_path / "event"))
    first = page(client, "programme")
    assert "SRF01-TAH" in first
    assert "ATH01-STA" not in first
    assert "16:00" in first or "4:00" in first  # the clock in Tahiti
    assert "ATH01-STA" in page(client, "programme", day="2024-08-02")
    everything = page(client, "programme", day="all")
    assert everything.index("SRF01-TAH") < everything.index("ATH01-STA") < everything.index("ATH02-STA")
    assert "SRF01-TAH" not in page(client, "programme", day="all", venue="STA")
    assert "ATH01-STA" not in page(client, "programme", day="all", sport="SRF")


def test_a_session_shows_gates_and_languages(client: Client, tmp_path: Path) -> None:
    create_fan(source="test", email="lea@example.org", language="fr")
    import_programme(whole(tmp_path / "event"))
    shown = page(client, "session", "ATH01-STA")
    assert "07:30" in shown
    assert "Français" in shown  # a language is named as its readers name it
    assert client.get(reverse("spectators:session", args=["NOPE"])).status_code == 404


def test_a_venue_shows_its_zone_gates_and_sessions(client: Client, tmp_path: Path) -> None:
    import_programme(whole(tmp_path / "event"))
    shown = page(client, "venue", "TAH")
    assert "Pacific/Tahiti" in shown
    assert "SRF01-TAH" in shown
    assert "East" in page(client, "venue", "STA")
    assert client.get(reverse("spectators:venue", args=["NOPE"])).status_code == 404


def test_an_upload_is_checked_then_imported(client: Client) -> None:
    run_id = send(client, venues=VENUES, sessions=SESSIONS, tickets=TICKETS)
    assert "Checking the files" in page(client, "import_run", run_id)
    assert work() is True
    checked = page(client, "import_run", run_id)
    assert "Nothing is changed yet" in checked
    assert models.Session.objects.count() == 0
    client.post(reverse("spectators:apply_import", args=[run_id]))
    assert work() is True
    assert "are as the files say" in page(client, "import_run", run_id)
    assert models.Ticket.objects.count() == 5
    assert not data_path("spectators", "uploads", str(run_id)).exists()
    acts = [entry.act for entry in audit_entries()]
    assert "spectators.import" in acts
    assert "imported" in page(client, "import")


def test_errors_are_shown_by_line_and_can_not_be_applied(client: Client) -> None:
    run_id = send(client, venues=VENUES, sessions=SESSIONS.replace("ATH,STA", "ATH,STX"))
    work()
    shown = page(client, "import_run", run_id)
    assert "Mend the files first" in shown
    assert "no venue has the code STX" in shown
    assert "Import these files" not in shown
    client.post(reverse("spectators:apply_import", args=[run_id]))
    work()
    assert models.Venue.objects.count() == 0


def test_rejected_tickets_do_not_stop_the_others(client: Client) -> None:
    run_id = send(client, venues=VENUES, sessions=SESSIONS, tickets=TICKETS + "T6,NOPE,,,,,,,,valid\n")
    work()
    shown = page(client, "import_run", run_id)
    assert "no session has the code NOPE" in shown
    assert "Import these files" in shown


def test_what_is_no_import_is_refused_with_the_mend(client: Client) -> None:
    upload = SimpleUploadedFile("people.xlsx", b"PK")
    answer = client.post(reverse("spectators:import"), {"chosen": [upload]})
    assert "Export it as CSV" in answer.content.decode()
    run_id = send(client, people="name,age\nLea,3\n")
    work()
    assert "Nothing was imported" in page(client, "import_run", run_id)
    assert "Name it after what it holds" in page(client, "import_run", run_id)


def test_only_support_and_admins_import() -> None:
    analyst = staff_client("analyst")
    assert analyst.get(reverse("spectators:programme")).status_code == 200
    assert analyst.get(reverse("spectators:import")).status_code == 403
