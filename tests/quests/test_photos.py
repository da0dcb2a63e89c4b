"""Photos: drawn anew, private until they are let in, looked at by a person, and gone when they should be."""

import io
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from tests.accounts.signing import staff_client
from tests.fanclub.world import joined
from tests.quests.world import simple
from tifo.accounts.public import audit_entries
from tifo.fans.public import erase_fan
from tifo.kernel.public import Refused, clock, deliver_events
from tifo.points.public import Balance, balances
from tifo.quests.actions import forget_old_photos, forget_plays, sweep_photos
from tifo.quests.models import Photo, Play
from tifo.quests.public import held_photos, look_at, open_quest
from tifo.quests.queries import photo_place
from tifo.quests.rules import read_quest_file
from tifo.quests.rules.pictures import redraw

pytestmark = pytest.mark.django_db
PLACE = "/quests/photo/"
DESK = "/studio/club/quests/photo/"
EXIF_GPS = 0x8825


def jpeg(width: int = 640, height: int = 480, *, colour: str = "red", quarter_turned: bool = False) -> bytes:
    """As a telephone takes it: with its name, the place, and how it was held."""
    exif = Image.Exif()
    exif[0x0110] = "Telephone 5 of Lea"
    exif[0x0112] = 6 if quarter_turned else 1
    exif.get_ifd(EXIF_GPS).update({1: "N", 2: (48.0, 51.0, 30.0)})
    written = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(written, "JPEG", exif=exif, comment=b"secret place")
    return written.getvalue()


def hand_in(client: Client, data: bytes, **more: str) -> int:
    return client.post(f"{PLACE}answer/", {"photo": SimpleUploadedFile("a.jpg", data), **more}).status_code


def files() -> list[Path]:
    return sorted(photo_place("x").parent.iterdir())


def test_a_photo_is_held_private_let_in_and_then_shown(client: Client) -> None:
    fan = joined(client, language="en")
    open_quest(simple("photo", ""))
    assert 'accept="image/jpeg' in client.get(PLACE).content.decode()
    assert hand_in(client, jpeg(quarter_turned=True), show="yes") == 302
    play = Play.objects.get()
    (file,) = files()
    assert (play.state, file.stat().st_mode & 0o777) == ("held", 0o600)
    with Image.open(file) as kept:
        assert (kept.format, kept.size, dict(kept.getexif())) == ("JPEG", (480, 640), {})
    assert not {b"Telephone", b"secret", b"Exif"} & {
        word for word in (b"Telephone", b"secret", b"Exif") if word in file.read_bytes()
    }
    other = Client()
    joined(other, language="en", email="omar@example.org")
    image = f"{PLACE}photos/{play.id}.jpg"
    mine = client.get(image)
    assert (mine.content, mine["Content-Type"]) == (file.read_bytes(), "image/jpeg")
    assert other.get(image).status_code == 404
    assert Client().get(image).status_code == 302
    assert balances([fan]) == {}
    desk = staff_client("animator")
    assert desk.get(f"{DESK}photos/{play.id}.jpg").content == file.read_bytes()
    assert staff_client("analyst").get(f"{DESK}photos/{play.id}.jpg").status_code == 403
    assert "Photos to look at" in desk.get(DESK).content.decode()
    for _twice in range(2):
        desk.post(f"{DESK}held/{play.id}/", {"act": "count"})
    assert balances([fan]) == {fan: Balance(7, 0)}
    assert other.get(image).status_code == 200
    assert image in other.get(PLACE).content.decode()


@pytest.mark.parametrize(("said", "born"), [({}, "1996-05-01"), ({"show": "yes"}, "2010-01-01")])
def test_who_did_not_say_so_or_is_a_minor_is_shown_to_nobody(
    client: Client, said: dict[str, str], born: str
) -> None:
    joined(client, language="en", birth_date=born)
    open_quest(simple("photo", ""))
    hand_in(client, jpeg(), **said)
    play = Play.objects.get()
    look_at("photo", play.id, ok=True, actor_id=None)
    other = Client()
    joined(other, language="en", email="omar@example.org")
    assert other.get(f"{PLACE}photos/{play.id}.jpg").status_code == 404
    assert "/photos/" not in other.get(PLACE).content.decode()
    assert client.get(f"{PLACE}photos/{play.id}.jpg").status_code == 200


def test_who_is_turned_away_reads_why_and_the_photo_is_gone(
    client: Client, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    fan = joined(client, language="en")
    open_quest(simple("photo", "tries: 2"))
    hand_in(client, jpeg())
    play = Play.objects.get()
    with pytest.raises(Refused, match="Say why"):
        look_at("photo", play.id, ok=False, actor_id=None)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        staff_client("animator").post(f"{DESK}held/{play.id}/", {"act": "refuse", "reason": "subject"})
    assert (files(), Photo.objects.count()) == ([], 0)
    assert "shows something else" in client.get(PLACE).content.decode()
    assert '"because":"subject"' in audit_entries(act="quests.look")[0].detail
    assert hand_in(client, jpeg(colour="blue")) == 302
    look_at("photo", play.id, ok=True, actor_id=None)
    assert balances([fan]) == {fan: Balance(7, 0)}


def test_the_same_photo_of_two_fans_is_marked(client: Client) -> None:
    other = Client()
    joined(client, language="en")
    joined(other, language="en", email="omar@example.org")
    open_quest(simple("photo", ""))
    hand_in(client, jpeg())
    hand_in(other, jpeg(quarter_turned=False))
    assert [one.twin for one in held_photos("photo")] == [False, True]


def test_photos_go_with_their_fan_with_their_time_and_when_nothing_names_them(
    client: Client,
    django_capture_on_commit_callbacks: Callable[..., object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fan = joined(client, language="en")
    open_quest(simple("photo", "kept-days: 5"))
    hand_in(client, jpeg())
    assert not forget_old_photos()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        forget_plays(fan)
    assert (files(), Play.objects.count()) == ([], 0)
    hand_in(client, jpeg())
    (file,) = files()
    lost = photo_place("0" * 32 + ".jpg")
    lost.write_bytes(b"x")
    sweep_photos()
    assert len(files()) == 2  # it may belong to a transaction that is not over yet
    an_hour_ago = (clock.now() - timedelta(minutes=61)).timestamp()
    for one in (lost, file):
        os.utime(one, (an_hour_ago, an_hour_ago))
    sweep_photos()
    assert files() == [file]
    monkeypatch.setattr(clock, "now", lambda: datetime(2090, 1, 6, tzinfo=UTC))
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        assert forget_old_photos()
    assert (files(), Photo.objects.count(), Play.objects.count()) == ([], 0, 1)


@pytest.mark.django_db(transaction=True)
def test_an_erased_fan_leaves_no_photo(client: Client) -> None:
    fan = joined(client, language="en")
    open_quest(simple("photo", ""))
    hand_in(client, jpeg())
    assert len(files()) == 1
    erase_fan(fan)
    while deliver_events():
        pass
    assert (files(), Play.objects.count()) == ([], 0)


def bomb() -> bytes:
    """A few bytes that say of themselves they are 100,000 pixels wide and high."""
    written = io.BytesIO()
    Image.new("1", (300, 300)).save(written, "PNG")
    data = bytearray(written.getvalue())
    data[16:24] = (100_000).to_bytes(4, "big") * 2
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no photo that we can read"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 200, "no photo that we can read"),
        (jpeg()[:1000], "no photo that we can read"),
        (jpeg(150, 900), "too small"),
        (bomb(), "no photo that we can read|too many pixels"),
        (b"\0" * (12 * 2**20 + 1), "larger than 12 MB"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no photo that we can read"),
    ],
)
def test_what_is_no_photo_is_refused_in_words(client: Client, data: bytes, says: str) -> None:
    with pytest.raises(Refused, match=says):
        redraw(data)


@pytest.mark.filterwarnings("ignore::UserWarning")  # what Pillow says of a torn file
@example(b"\x01", 56)
@given(st.binary(max_size=300), st.integers(0, 600))
def test_a_broken_photo_is_refused_or_drawn_and_nothing_worse(rubbish: bytes, at: int) -> None:
    data = jpeg(240, 240)
    try:
        drawn = redraw(data[:at] + rubbish + data[at + len(rubbish) :])
    except Refused:
        return
    with Image.open(io.BytesIO(drawn.data)) as kept:
        assert kept.size == (drawn.width, drawn.height)


def test_a_large_one_is_made_smaller_and_what_is_seen_through_lies_on_white() -> None:
    drawn = redraw(jpeg(4000, 3000))
    assert (drawn.width, drawn.height) == (1600, 1200)
    written = io.BytesIO()
    Image.new("RGBA", (300, 300), (255, 0, 0, 0)).save(written, "PNG")
    with Image.open(io.BytesIO(redraw(written.getvalue()).data)) as kept:
        assert kept.getpixel((5, 5)) == (255, 255, 255)


def test_a_photo_quest_is_refused_with_place_and_mend() -> None:
    with pytest.raises(Refused, match="line 7, column 12: `kept-days` must be a whole number from 1 to 366"):
        read_quest_file(simple("photo", "kept-days: 400"))
