"""Red lines that stand on every page of the studio while something stops the house."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from tifo.campaigns.public import halted_sendings
from tifo.delivery.public import sending_state, server_awaited
from tifo.kernel.public import Said, failing_reactions, jobs
from tifo.ui.public import bytesize, clock

ROOM_NEEDED = 2_000_000_000
"""Bytes free beside the data: a generation of the lake is written before the old one goes."""
FULL = 1_000_000  # bytes free: no window, no upload, no generation fits any more
WORKER_QUIET = timedelta(seconds=90)  # the periodic jobs come round at least once a minute
STUBBORN = 3  # failures in a row, until a reaction that is tried again is worth a red line


@dataclass(frozen=True)
class Alarm:
    """What is wrong, and what mends it: said in a sentence, or on a page."""

    title: str
    mend: str = ""
    href: str = ""
    label: str = ""


def _sending() -> list[Alarm]:
    alarm = sending_state().alarm
    if not alarm:
        return []
    said = alarm.translated() if isinstance(alarm, Said) else alarm
    return [Alarm(said, href=reverse("sending:house"), label=_("What to do"))]


def _disk() -> list[Alarm]:
    free = shutil.disk_usage(settings.TIFO_DATA).free
    if free >= ROOM_NEEDED:
        return []
    if free < FULL:
        return [
            Alarm(
                _("The disk is full: nothing can be written, and nothing is sent."),
                _("Make room beside the data: then everything goes on by itself."),
            )
        ]
    return [
        Alarm(
            _("The disk is nearly full: %(left)s are left.") % {"left": bytesize(free)},
            _("Make room beside the data, before imports and sendings stop."),
        )
    ]


def _mail_server() -> list[Alarm]:
    awaited = server_awaited()
    if awaited is None:
        return []
    again = {"time": clock(awaited.again)}
    if awaited.others_send:
        hosts = {"hosts": ", ".join(awaited.hosts)}
        return [
            Alarm(
                _("No mail server is reached from %(hosts)s. The others send.") % hosts,
                _("It is asked again at %(time)s.") % again,
            )
        ]
    return [
        Alarm(
            _("The mail server does not answer. Nothing is lost."),
            _("Newsletters wait, and it is asked again at %(time)s.") % again,
        )
    ]


def _halted() -> list[Alarm]:
    return [
        Alarm(
            _("“%(campaign)s” halted by itself: too much of it was unwanted or came back.")
            % {"campaign": sending.campaign},
            href=reverse("campaigns:sending", args=[sending.campaign, sending.number]),
            label=_("Look at it"),
        )
        for sending in halted_sendings()
    ]


def _worker() -> list[Alarm]:
    if jobs.worker_seen(WORKER_QUIET) or not jobs.worker_ever_seen():
        return []
    return [
        Alarm(
            _("Nobody is at work: nothing is sent, and no figure gets newer."),
            _("Start a worker: tifo worker."),
        )
    ]


def _reactions() -> list[Alarm]:
    if not any(failures >= STUBBORN for _name, failures, _kind in failing_reactions()):
        return []
    return [
        Alarm(
            _("Something that follows from what you do has not happened yet."),
            _("It is tried again by itself; tifo doctor names it."),
        )
    ]


ALARMS: tuple[Callable[[], list[Alarm]], ...] = (_sending, _halted, _disk, _mail_server, _worker, _reactions)


def alarms(request: HttpRequest) -> dict[str, object]:
    """Context processor: `alarms` for whoever is on the staff, looked up when a page asks."""

    def found() -> list[Alarm]:
        if not getattr(request, "roles", None):
            return []
        return [alarm for look in ALARMS for alarm in look() if alarm.href != request.path]

    return {"alarms": SimpleLazyObject(found)}
