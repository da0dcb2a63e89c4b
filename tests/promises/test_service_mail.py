"""C6: what a fan gets without having said yes holds no promotion: letters of ours, and never a campaign."""

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from tests.campaigns.made import definition, fan
from tifo.campaigns.actions.compose import change_audience
from tifo.campaigns.public import campaign, check_definition, save_campaign, start
from tifo.campaigns.web.forms import purpose_choices
from tifo.consents.models import Purpose
from tifo.delivery.models import Letter, Mailing
from tifo.fanclub.actions import letters
from tifo.kernel.public import Refused
from tifo.lake.public import refresh

pytestmark = pytest.mark.django_db

SOURCE = Path(__file__).parents[2] / "src" / "tifo"
FOLDERS = sorted(path for path in SOURCE.glob("*/templates/*/letters") if path.is_dir())
ADDRESS = re.compile(r"https?://[^\s\"'<>)]+")
PARTS = {"letter.html", "button.html"}  # the frame, and the one button
WORDS = {
    "joining": {
        "url": f"{settings.TIFO_PUBLIC_URL}/join/confirm/?t=x",
        "member": True,
        "purposes": ["Newsletter"],
        "days": 7,
    },
    "elsewhere": {},
    "answer": {
        "url": f"{settings.TIFO_PUBLIC_URL}/preferences/confirm/?t=x",
        "purpose": "Newsletter",
        "days": 30,
    },
}


@pytest.fixture
def service() -> str:
    Purpose.objects.create(
        key="changes",
        legal_class="service",
        names={"en": "Changes"},
        descriptions={"en": ""},
        double_opt_in=False,
        position=9,
    )
    return "changes"


def test_c6_a_campaign_is_never_service_mail(service: str) -> None:
    fan(1, "newsletter")
    wanted = replace(definition(), purpose=service)
    refresh()
    (problem,) = (one for one in check_definition(wanted).problems if one.place == "purpose")
    assert (problem.level, "holds no promotion" in problem.text) == ("error", True)
    save_campaign(wanted)
    with pytest.raises(Refused, match="holds no promotion"):
        start("the-week")
    assert not Mailing.objects.exists()


def test_c6_the_studio_offers_no_service_purpose_and_takes_none(service: str) -> None:
    assert service not in dict(purpose_choices())
    save_campaign(definition())
    with pytest.raises(Refused, match="choose one"):
        change_audience(
            "the-week",
            purpose=service,
            audience="everyone()",
            expected=campaign("the-week").fingerprint,
            actor=None,
        )


def test_c6_each_letter_is_of_a_kind_that_we_know() -> None:
    assert [folder.parts[-4] for folder in FOLDERS] == ["fanclub"]
    (folder,) = FOLDERS
    assert {path.name for path in folder.iterdir()} == PARTS | {
        f"{kind}.{form}" for kind in letters.KINDS for form in ("txt", "html")
    }
    assert set(WORDS) == set(letters.KINDS)


@pytest.mark.parametrize("language", settings.TIFO_LANGUAGES)
@pytest.mark.parametrize("kind", letters.KINDS)
def test_c6_a_letter_leads_nowhere_but_to_our_own_pages(kind: str, language: str) -> None:
    letters.write(kind, language, WORDS[kind], address="lea@example.org")
    content = bytes(Letter.objects.get().content).decode()
    places = set(ADDRESS.findall(re.sub(r"=\r?\n", "", content).replace("=3D", "=")))
    own = f"{settings.TIFO_PUBLIC_URL}/"
    assert places
    assert {place for place in places if not f"{place}/".startswith(own)} == set()
    assert "<img" not in content


def test_c6_who_writes_letters_knows_no_blocks() -> None:
    for file in (SOURCE / "fanclub").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").startswith(("tifo.content", "tifo.campaigns")), file
