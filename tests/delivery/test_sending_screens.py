"""Sending in the studio: red lines for everybody, raising and releasing for administrators, doubts by name for few."""

import pytest
from django.utils import timezone

from tests.accounts.signing import client_of, staff, staff_client
from tests.delivery.test_doubts import in_doubt
from tests.delivery.test_epoch import planned, send
from tests.delivery.world import Recorder
from tifo.accounts.public import audit_entries
from tifo.delivery.models import Message, Place
from tifo.delivery.public import sending_state, stop_sending

pytestmark = pytest.mark.django_db(transaction=True)

HOUSE, ACT, DOUBTS = "/studio/settings/sending/", "/studio/settings/sending/act/", "/studio/settings/doubts/"
FOUND = {
    "promise": "C1", "count": 3, "says": "Messages left without a consent that stood in the ledger.",
    "mend": "Resume or cancel these sendings.", "examples": ["message 12"],
}  # fmt: skip


@pytest.fixture
def mailing() -> int:
    made = planned()
    send(made, Recorder(), 3)
    return made


def test_while_nothing_is_wrong_no_page_says_so(mailing: int) -> None:
    assert "Nothing is sent" not in staff_client("communicator").get("/studio/").content.decode()
    assert "This base sends" in staff_client("communicator").get(HOUSE).content.decode()


def test_a_stop_stands_red_on_every_page_and_an_administrator_releases_it(mailing: int) -> None:
    stop_sending("audit", [FOUND])
    page = staff_client("communicator").get("/studio/campaigns/").content.decode()
    assert "Nothing is sent: the daily check found a broken promise." in page
    assert HOUSE in page
    page = staff_client("communicator").get(HOUSE).content.decode()
    assert "message 12" in page
    assert "Is it mended?" not in page
    french = staff_client("communicator").get(HOUSE, headers={"accept-language": "fr"}).content.decode()
    assert "Des messages sont partis sans consentement" in french
    assert staff_client("communicator").post(ACT, {"act": "release"}).status_code == 403
    admin = staff("admin")
    client = client_of(admin)
    assert "Is it mended?" in client.get(HOUSE).content.decode()
    for wrong in ({"typed": "no", "because": "x"}, {"typed": "tifo", "because": ""}):
        client.post(ACT, {"act": "release", **wrong})
        assert sending_state().alarm
    client.post(ACT, {"act": "release", "typed": "tifo", "because": "the row was mended"})
    assert not sending_state().alarm
    (entry,) = audit_entries(act="delivery.release")
    assert entry.actor_id == admin.pk


def test_a_place_that_may_not_send_is_let_in_by_raising_the_epoch(mailing: int) -> None:
    long_ago = timezone.now() - timezone.timedelta(minutes=2)
    bound = {**Place.objects.get().bound, "folder": "/srv/copy"}
    Place.objects.create(
        id="x" * 32, epoch=1, state="asking", bound=bound, host="spare", why="unbound", since=long_ago,
        seen_at=timezone.now(),
    )  # fmt: skip
    client = staff_client("admin")
    page = client.get(HOUSE).content.decode()
    assert "last sent from another machine or folder" in page
    assert "/srv/copy" in page
    assert "news" in page, "what would leave is named"
    client.post(ACT, {"act": "raise", "typed": "tifo", "because": "the old machine burnt"})
    state = sending_state()
    assert (state.number, state.alarm) == (2, "")
    assert {place.state for place in state.places} == {"sending"}


def test_doubts_are_listed_by_name_and_signed_for() -> None:
    _, rows = in_doubt(3)
    for role in ("communicator", "admin", "analyst"):
        assert staff_client(role).get(DOUBTS).status_code == 403
    who = staff("support")
    client = client_of(who)
    page = client.get(DOUBTS).content.decode()
    assert page.count('name="message"') == 3
    assert "fan2@example.org" in page  # who has no name is called by her address
    chosen = [str(row.pk) for row in rows[:2]]
    refused = client.post(DOUBTS, {"message": chosen, "state": "accepted", "because": ""})
    assert Message.objects.filter(state="unknown").count() == 3, refused
    client.post(DOUBTS, {"message": chosen, "state": "accepted", "because": "she wrote back"})
    assert Message.objects.filter(state="unknown").count() == 1
    (entry,) = audit_entries(act="delivery.sign-for-doubts")
    assert entry.actor_id == who.pk
    assert "@" not in entry.detail
