"""Red lines that stand on every page of the studio while something stops the house."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from tifo.delivery.public import sending_state
from tifo.kernel.public import Said


@dataclass(frozen=True)
class Alarm:
    """What is wrong, and where more is said."""

    title: str
    href: str
    label: str


def _sending() -> list[Alarm]:
    alarm = sending_state().alarm
    if not alarm:
        return []
    said = alarm.translated() if isinstance(alarm, Said) else alarm
    return [Alarm(said, reverse("sending:house"), _("What to do"))]


ALARMS: tuple[Callable[[], list[Alarm]], ...] = (_sending,)


def alarms(request: HttpRequest) -> dict[str, object]:
    """Context processor: `alarms` for whoever is on the staff, looked up when a page asks."""

    def found() -> list[Alarm]:
        if not getattr(request, "roles", None):
            return []
        return [alarm for look in ALARMS for alarm in look() if alarm.href != request.path]

    return {"alarms": SimpleLazyObject(found)}
