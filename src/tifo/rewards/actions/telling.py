"""Letters about places: offered, had, or gone to the next."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from tifo.delivery.public import send_letter
from tifo.fans.public import Fan, fans
from tifo.kernel.public import crash_point
from tifo.rewards.models import Award
from tifo.rewards.queries import definition_of, said
from tifo.rewards.types import AwardState
from tifo.spectators.public import house_zone

TOGETHER = 100  # awards in one transaction


def tell_awards() -> bool:
    """Leave a letter for each of the next awards whose fan was not told how it stands; whether there were any.

    Letter and note of it are one transaction: killed anywhere, she gets one. What changed again meanwhile is told as it
    stands now; who was erased, or has no address, gets none.
    """
    with transaction.atomic():
        untold = Award.objects.select_for_update(of=("self",), skip_locked=True).filter(untold=True)
        awards = list(untold.select_related("entry", "offer").order_by("pk")[:TOGETHER])
        people = fans([award.entry.fan_id for award in awards])
        for award in awards:
            fan = people.get(award.entry.fan_id)
            if fan is not None and fan.email and fan.erased_at is None:
                _write(award, fan)
        crash_point("rewards.told")
        Award.objects.filter(pk__in=[award.pk for award in awards]).update(untold=False)
    return bool(awards)


def _write(award: Award, fan: Fan) -> None:
    definition = definition_of(award.offer)
    spoken = (fan.language or "").split("-")[0]
    language = spoken if spoken in settings.TIFO_LANGUAGES else settings.LANGUAGE_CODE
    with translation.override(language):
        words: dict[str, Any] = {
            "title": said(definition.titles, language),
            "award": award,
            "zone": house_zone(),
            "url": f"{settings.TIFO_PUBLIC_URL}/rewards/{award.offer.name}/",
            "event": settings.TIFO_EVENT_NAME,
            "postal_address": settings.TIFO_POSTAL_ADDRESS,
        }
        send_letter(
            f"rewards-{award.state}",
            fan_id=fan.id,
            subject=_subject(award.state) % {"title": words["title"]},
            text=render_to_string("rewards/letter.txt", words).strip() + "\n",
            language=language,
        )


def _subject(state: str) -> str:
    subjects = {
        AwardState.OFFERED: _("A place is yours to claim: %(title)s"),
        AwardState.CLAIMED: _("It is yours: %(title)s"),
        AwardState.FORFEITED: _("Your place went to the next: %(title)s"),
    }
    return subjects[AwardState(state)]
