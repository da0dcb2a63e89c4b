"""V1, V2, U5: what the trail tells without its checkpoints, the acts that have an entry, and where limits count."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tests.accounts.signing import PASSWORD, fan_account, staff, staff_client
from tests.accounts.test_audit import found, made, with_change
from tifo.accounts import actions
from tifo.accounts.models import ApiKey, AuditEntry
from tifo.accounts.public import close_account, make_api_key
from tifo.accounts.rules import chain
from tifo.audiences.models import Audience
from tifo.fans.public import create_fan, fans
from tifo.registry.models import ImportRun as PeopleRun
from tifo.spectators.models import ImportRun as ProgrammeRun


@given(st.integers(2, 30), st.data())
def test_v1_an_entry_hashed_anew_no_longer_carries_the_next(length: int, data: st.DataObject) -> None:
    """Also where no checkpoint was signed yet: whoever changes one entry must change all after it."""
    links = made(length)
    place = data.draw(st.integers(0, length - 2))
    changed = with_change(links[place], data.draw(st.sampled_from(["act", "subject", "detail"])))
    said = chain.entry_hash(
        changed.sequence,
        changed.at,
        changed.actor_id,
        changed.act,
        changed.subject,
        changed.detail,
        changed.previous,
    )
    forged = [*links[:place], chain.Link(**{**vars(changed), "hash": said}), *links[place + 1 :]]
    assert found(forged, head=(links[-1].sequence, links[-1].hash))


def _acts() -> list[str]:
    return list(AuditEntry.objects.order_by("sequence").values_list("act", flat=True))


@pytest.mark.django_db
def test_v2_rare_acts_on_accounts_have_exactly_one_entry() -> None:
    admin = staff("admin")
    invited = actions.invite("new@example.org", "New", ["support"], actor_id=admin.pk)
    make_api_key(admin.pk, "shop", ["admin"])
    leaving = fan_account()
    for act, entry in (
        (lambda: actions.repeat_invitation(invited, actor_id=admin.pk), "accounts.invite"),
        (
            lambda: actions.revoke_api_key(ApiKey.objects.get().pk, actor_id=admin.pk),
            "accounts.revoke_api_key",
        ),
        (lambda: close_account(leaving.pk), "accounts.close"),
    ):
        before = _acts()
        act()
        assert _acts() == [*before, entry]


def _programme() -> SimpleUploadedFile:
    return SimpleUploadedFile("venues.csv", b"venue_code,name,timezone\nSTA,Stade,Europe/Paris\n")


@pytest.mark.django_db
def test_v2_looking_over_a_programme_has_exactly_one_entry() -> None:
    client = staff_client("admin")
    before = _acts()
    client.post("/studio/spectators/import/", {"chosen": _programme()})
    assert _acts() == [*before, "spectators.check-import"]


CASES: dict[str, tuple[str, Callable[[Client, int], object]]] = {
    "correct": (
        "tifo.registry.actions.rights",
        lambda client, fan: client.post(
            f"/studio/fans/{fan}/edit/", {"email": "lea@lac.example", "first_name": "Changed"}
        ),
    ),
    "say no": (
        "tifo.registry.actions.rights",
        lambda client, fan: client.post(
            f"/studio/fans/{fan}/consents/newsletter/no/", {"reason": "by phone"}
        ),
    ),
    "erase": (
        "tifo.registry.actions.rights",
        lambda client, fan: client.post(f"/studio/fans/{fan}/erase/", {"typed": "lea@lac.example"}),
    ),
    "keep an audience": (
        "tifo.audiences.actions",
        lambda client, _fan: client.post("/studio/audiences/new/", {"name": "All", "text": "everyone()"}),
    ),
    "look over a programme": (
        "tifo.spectators.actions.runs",
        lambda client, _fan: client.post("/studio/spectators/import/", {"chosen": _programme()}),
    ),
}


def _state(fan: int) -> object:
    from tifo.consents.public import ledger

    return (
        fans([fan]),
        ledger(fan),
        list(Audience.objects.values_list("name", flat=True)),
        list(PeopleRun.objects.values_list("state", flat=True)),
        [run for run in ProgrammeRun.objects.values_list("state", flat=True) if run != "failed"],
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", CASES)
def test_v2_what_could_not_be_noted_did_not_happen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, act = CASES[name]
    client = staff_client("data-protection", "support", "admin")
    client.raise_request_exception = False
    fan = create_fan(source="tests", email="lea@lac.example", first_name="Léa")
    before = _state(fan)

    def full(*_: object, **__: object) -> int:
        raise IntegrityError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(f"{module}.audit", full)
        act(client, fan)
    assert _state(fan) == before
    entries = len(_acts())
    act(client, fan)
    assert _state(fan) != before  # the same act with a trail happens, so the above says something
    assert len(_acts()) == entries + 1


@pytest.mark.django_db
def test_u5_failed_sign_ins_are_counted_in_the_database() -> None:
    user = staff("analyst")
    Client().post("/studio/sign-in/", {"login": user.email, "password": f"not {PASSWORD}"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_cache WHERE expires > %s", ["2000-01-01 00:00:00"])
        assert cursor.fetchone()[0] > 0
