"""T7: looking changes nothing. Every page is asked for, by strangers, a fan and all of the staff, with every link that was
mailed; afterwards all tables hold what they held."""

from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import NoReverseMatch, reverse

from tests.accounts.signing import staff_client
from tests.fanclub.world import fill_in, joined, letters, link_in, mailed
from tests.promises.world import ROUTES, furnish, settle
from tifo.accounts.public import STAFF
from tifo.campaigns.actions import plan_waiting
from tifo.campaigns.public import start

PLACES = {"IntConverter": (1, 2, 3), "SlugConverter": ("x", "newsletter", "yes"), "StringConverter": ("x",)}
NOTED = {
    "accounts.AuditEntry",  # who looked at whom is written down (V2)
    "accounts.AuditHead",
    "sessions.Session",
}


def addresses() -> list[str]:
    """Of every page, for one of each thing."""
    found = []
    for name, route in ROUTES.items():
        kinds = [type(one).__name__ for one in route.pattern.converters.values()]
        for turn in range(max((len(PLACES[kind]) for kind in kinds), default=1)):
            values: list[Any] = [PLACES[kind][turn % len(PLACES[kind])] for kind in kinds]
            try:
                found.append(reverse(name, args=values))
            except NoReverseMatch:  # what a framework made by an expression
                continue
    return found


def everything() -> dict[str, list[Any]]:
    """All rows of all tables but what notes that somebody looked."""
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.label not in NOTED]
    return {
        model._meta.label: sorted(map(repr, model._default_manager.values_list()))  # bytes and dates alike
        for model in models
    }


@pytest.mark.django_db(transaction=True)
def test_t7_looking_at_every_page_changes_nothing(tmp_path: Path) -> None:
    furnish(tmp_path)
    member, stranger, desk = Client(), Client(), staff_client(*STAFF)
    fan = joined(member, "newsletter")
    token = mailed(fan)
    fill_in(stranger, "newsletter", email="omar@example.org")
    (asks,) = letters()
    start("x")
    while plan_waiting():
        pass
    settle()
    pages = addresses()
    tokens = {"t": token, "token": token}
    before = everything()
    assert before["fanclub.Joining"]
    assert before["consents.Entry"]
    seen = {stranger.get(link_in(asks)).status_code}
    for client in (stranger, member, desk):
        client.raise_request_exception = False
        for page in pages:
            for said in ({}, tokens):
                seen.add(client.get(page, said).status_code)
                seen.add(client.head(page, said).status_code)
    after = everything()
    assert {200, 302, 403, 404} <= seen
    assert not {code for code in seen if code >= 500}
    assert {name: rows for name, rows in after.items() if rows != before[name]} == {}
