"""Whether this place reaches its mail server. One that doesn't rests, and asks again later and later; others go on."""

from datetime import datetime, timedelta

from django.db.models import F

from tifo.delivery.models import Place
from tifo.delivery.queries.epoch import read_record
from tifo.delivery.rules import retry
from tifo.kernel.public import clock

LONGEST_REST = timedelta(minutes=5)


def _here() -> str:
    record = read_record()
    return record.place if record is not None else ""


def rests_until() -> datetime | None:
    """Until when nothing is handed over from here, because no mail server was to be had."""
    until = Place.objects.filter(pk=_here()).values_list("rests_until", flat=True).first()
    return until if until is not None and until > clock.now() else None


def known_unreached() -> bool:
    """Whether the last try from here found no server."""
    return Place.objects.filter(pk=_here(), unreached__gt=0).exists()


def unreached() -> None:
    """No server was to be had: rest, longer each time in a row."""
    here = Place.objects.filter(pk=_here())
    here.update(unreached=F("unreached") + 1)
    times = here.values_list("unreached", flat=True).first() or 1
    here.update(rests_until=clock.now() + min(retry.pause(times), LONGEST_REST))


def reached() -> None:
    """A server answered."""
    Place.objects.filter(pk=_here(), unreached__gt=0).update(unreached=0, rests_until=None)


def ask_again() -> None:
    """Let every place try at once."""
    Place.objects.filter(unreached__gt=0).update(unreached=0, rests_until=None)
