"""The API: typed, documented, closed without a key, and Refused is a 422 with the mend."""

import re

import pytest
from django.test import Client

from tests.accounts.signing import staff
from tifo.accounts.public import make_api_key
from tifo.fans.public import create_fan
from tifo.lake.public import refresh

pytestmark = pytest.mark.django_db(transaction=True)


def _key(role: str = "analyst") -> dict[str, str]:
    user = staff(role)
    return {"Authorization": f"Bearer {make_api_key(user.pk, 'tests', [role])}"}


def test_the_documentation_is_open_and_the_rest_is_not(client: Client) -> None:
    assert client.get("/api/docs").status_code == 200
    paths = client.get("/api/openapi.json").json()["paths"]
    assert set(paths) == {
        "/api/v1/audiences/count",
        "/api/v1/campaigns/",
        "/api/v1/campaigns/{name}",
        "/api/v1/contacts/",
        "/api/v1/contacts/wordings",
        "/api/v1/reports/{name}",
    }
    for path in ("/api/v1/campaigns/", "/api/v1/campaigns/x", "/api/v1/reports/x"):
        assert client.get(path).status_code == 401


def test_an_audience_is_counted(client: Client) -> None:
    create_fan(source="tests", email="lea@lac.example", language="fr")
    create_fan(source="tests", email="max@lac.example", language="en")
    refresh()
    question = {"expression": 'language = "fr"'}
    answer = client.post("/api/v1/audiences/count", question, "application/json", headers=_key())
    assert answer.status_code == 200
    assert answer.json()["count"] == 1


def test_what_can_not_be_done_says_why(client: Client) -> None:
    headers = _key()
    asked = client.post(
        "/api/v1/audiences/count", {"expression": "langage = 1"}, "application/json", headers=headers
    )
    assert asked.status_code == 422
    assert "column 1" in asked.json()["detail"]
    assert client.get("/api/v1/campaigns/none", headers=headers).status_code == 422


def test_the_documentation_loads_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/api/docs").content.decode()
    assert re.findall(r'(?:src|href)="(?!/)([^"]+)"', page) == []
