"""People and roles in the studio and on the command line."""

import json
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner
from django.core import mail
from django.test import Client

from tests.accounts.signing import PASSWORD, client_of, staff, staff_client
from tifo.accounts.cli import COMMANDS
from tifo.accounts.models import AuditEntry, User
from tifo.accounts.public import roles_of, verify_audit

pytestmark = pytest.mark.django_db


def invited() -> tuple[User, str]:
    answer = staff_client("admin").post(
        "/studio/settings/people/invite/",
        {"email": "Noor@Example.org", "name": "Noor", "roles": ["analyst", "support"]},
    )
    assert answer["Location"] == "/studio/settings/people/"
    link = re.search(r"(/studio/invitation/\S+/)", mail.outbox[-1].body)
    assert link is not None
    return User.objects.get(email="noor@example.org"), link[1]


def test_an_invited_person_chooses_her_password_and_is_in() -> None:
    user, link = invited()
    assert mail.outbox[-1].to == ["noor@example.org"]
    assert roles_of(user.pk) == {"analyst", "support"}
    client = Client()
    assert "noor@example.org" in client.get(link).content.decode()
    short = client.post(link, {"name": "Noor B.", "password": "short"})
    assert "too short" in short.content.decode()
    assert client.post(link, {"name": "Noor B.", "password": PASSWORD})["Location"] == "/studio/"
    assert client.get("/account/").status_code == 200
    user.refresh_from_db()
    assert (user.name, user.check_password(PASSWORD)) == ("Noor B.", True)
    assert Client().get(link).status_code == 410
    acts = (
        AuditEntry.objects.filter(subject=f"user:{user.pk}")
        .order_by("sequence")
        .values_list("act", flat=True)
    )
    assert list(acts) == [
        "accounts.invite",
        "accounts.grant_role",
        "accounts.grant_role",
        "accounts.accept_invitation",
    ]


def test_a_newer_invitation_replaces_the_older() -> None:
    user, link = invited()
    staff_client("admin").post(f"/studio/settings/people/{user.pk}/", {"act": "invite"})
    newer = re.search(r"(/studio/invitation/\S+/)", mail.outbox[-1].body)
    assert newer is not None
    assert Client().get(link).status_code == 410
    assert Client().get(newer[1]).status_code == 200
    assert Client().get("/studio/invitation/forged/").status_code == 410


def test_roles_are_changed_and_accounts_closed() -> None:
    admin, person = staff("admin"), staff("analyst")
    client = client_of(admin)
    page = f"/studio/settings/people/{person.pk}/"
    client.post(page, {"act": "roles", "roles": ["support", "approver"]})
    assert roles_of(person.pk) == {"support", "approver"}
    client.post(page, {"act": "disable"})
    assert roles_of(person.pk) == frozenset()
    assert "This account is closed" in client.get(page).content.decode()
    client.post(page, {"act": "enable"})
    assert roles_of(person.pk) == {"support", "approver"}
    assert (
        "Choose roles from the list."
        in client.post(page, {"act": "roles", "roles": ["king"]}, follow=True).content.decode()
    )
    assert verify_audit() == []


def test_an_admin_who_changes_her_own_roles_stays_signed_in() -> None:
    admin = staff("admin")
    client, elsewhere = client_of(admin), client_of(admin)
    client.post(f"/studio/settings/people/{admin.pk}/", {"act": "roles", "roles": ["admin", "analyst"]})
    assert client.get("/studio/settings/people/").status_code == 200
    assert elsewhere.get("/studio/settings/people/").status_code == 302
    refused = client.post(
        f"/studio/settings/people/{admin.pk}/", {"act": "roles", "roles": ["analyst"]}, follow=True
    )
    assert "last active admin" in refused.content.decode()


def test_the_trail_is_searched_and_verified_on_its_page() -> None:
    client = staff_client("data-protection")
    person = staff("support")
    page = client.get(f"/studio/settings/audit/?q=user:{person.pk}").content.decode()
    assert f"user:{person.pk}" in page
    assert "accounts.create" in page
    assert "Nothing found" in client.get("/studio/settings/audit/?q=unheard-of").content.decode()
    assert "accounts.create" in client.get("/studio/settings/audit/?act=accounts.create").content.decode()
    assert "Every entry is as it was written" in client.post("/studio/settings/audit/").content.decode()


def test_settings_lead_each_role_to_its_page() -> None:
    assert staff_client("admin").get("/studio/settings/")["Location"] == "/studio/settings/people/"
    assert staff_client("data-protection").get("/studio/settings/")["Location"] == "/studio/settings/audit/"
    assert staff_client("analyst").get("/studio/settings/")["Location"] == "/account/"


def test_my_name() -> None:
    user = staff("analyst")
    client = client_of(user)
    client.post("/account/", {"name": "Maya"})
    assert "Maya" in client.get("/account/").content.decode()


def test_the_command_adds_and_the_trail_verifies() -> None:
    add, verify = COMMANDS["accounts add"], COMMANDS["audit verify"]
    said = CliRunner().invoke(add, ["maya@example.org", "--role", "admin", "--json"])
    result = json.loads(said.output)
    assert result["roles"] == ["admin"]
    assert "/studio/invitation/" in result["invitation"]
    again = CliRunner().invoke(add, ["maya@example.org", "--role", "admin", "--password", PASSWORD, "--json"])
    assert json.loads(again.output) == {**result, "invitation": None}
    assert CliRunner().invoke(add, ["maya@example.org", "--role", "queen"]).exit_code == 2
    sound = CliRunner().invoke(verify, ["--json"])
    assert (sound.exit_code, json.loads(sound.output)) == (0, {"entries": 3, "signed": 3, "problems": []})
    from tests.accounts.test_audit import triggers_off

    with triggers_off() as cursor:
        cursor.execute("DELETE FROM accounts_auditentry WHERE sequence = 2")
    broken = CliRunner().invoke(verify, ["--json"])
    assert broken.exit_code == 1
    assert json.loads(broken.output)["problems"]


def test_the_command_is_on_the_command_line() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "tifo", "accounts", "add", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--role" in said.stdout
