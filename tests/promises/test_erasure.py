"""V3, V4: after an erasure no byte of what named her is left in any file, and nobody brings her back but she herself."""

from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connection

from tests.fans.dump import everything
from tests.promises.world import settle
from tifo.consents.public import give, verify_ledger
from tifo.fans.public import create_fan, erase_fan, fan_by_email, update_fan
from tifo.kernel.public import Refused, jobs
from tifo.preferences.public import declare, ensure_topics
from tifo.server.jobs import empty_the_log

CANARY = {
    "email": "wexlaphine.tomb@lac.example",
    "phone": "+33655071937",
    "first_name": "Wexlaphine",
    "last_name": "Tombquist",
    "postcode": "QX7341",
    "external_id": "canary-4711-x",
}
WORDS = ("wexlaphine", "tombquist", "655071937", "qx7341", "canary-4711")


def _files(settings: LazySettings) -> list[Path]:
    files = [path for path in Path(settings.TIFO_DATA).rglob("*") if path.is_file()]
    if connection.vendor == "sqlite":
        base = Path(connection.settings_dict["NAME"])
        files += [path for path in base.parent.glob(f"{base.name}*") if path.suffix != ".lock"]
    return files


def _naming_her(settings: LazySettings) -> set[str]:
    return {
        f"{path.name}: {word}"
        for path in _files(settings)
        for word in WORDS
        if word.encode() in path.read_bytes().lower()
    }


@pytest.mark.django_db(transaction=True)
def test_v3_after_an_erasure_no_byte_of_her_is_left(settings: LazySettings) -> None:
    fan = create_fan(source="tests", language="fr", **CANARY)
    give(fan, "newsletter", source="tests", proof={"form": "join", "name": CANARY["first_name"]})
    ensure_topics(["judo"])
    declare(fan, "judo", 0.9)
    settle()
    if connection.vendor == "sqlite":
        assert _naming_her(settings)  # or the search below finds nothing anyway
    erase_fan(fan)
    settle()
    assert empty_the_log in {job.call for job in jobs.known_jobs()}
    empty_the_log()
    assert _naming_her(settings) == set()
    text = everything().casefold()
    assert [word for word in WORDS if word in text] == []
    assert verify_ledger(fan) == []


@pytest.mark.django_db
def test_v4_an_erased_address_is_refused_to_everybody_but_herself() -> None:
    fan = create_fan(source="tests", **CANARY)
    other = create_fan(source="tests", email="other@lac.example")
    erase_fan(fan)
    for value in ("email", "phone", "external_id"):
        with pytest.raises(Refused):
            create_fan(source="import", **{value: CANARY[value]})
        with pytest.raises(Refused):
            update_fan(other, **{value: CANARY[value]})
    assert fan_by_email(CANARY["email"]) is None
    again = create_fan(source="club", email=CANARY["email"], by_herself=True)
    assert again != fan
