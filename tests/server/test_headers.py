"""Every page says that it loads nothing from elsewhere and runs nothing that stands inside it."""

import pytest
from django.test import Client

from tests.accounts.signing import staff_client
from tifo.server.headers import OWN_THINGS_ONLY

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/studio/sign-in/", "/api/docs", "/nothing-here/"])
def test_a_page_may_load_only_what_is_ours(client: Client, path: str) -> None:
    policy = client.get(path).headers["Content-Security-Policy"]
    assert policy == OWN_THINGS_ONLY
    assert "unsafe" not in policy


def test_the_studio_too() -> None:
    answer = staff_client("communicator").get("/studio/audiences/")
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"] == OWN_THINGS_ONLY
