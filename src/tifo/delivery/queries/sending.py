"""Whether this base sends, for people: stops, places, and what would leave next."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Count

from tifo.delivery.models import Epoch, Mailing, Message, Place
from tifo.delivery.queries.epoch import LIFTED_BY_EPOCH, REASONS, look
from tifo.delivery.types import Awaited, PlaceInfo, SendingState, Waiting
from tifo.kernel.public import clock
from tifo.kernel.public import sentence as _

ALIVE = timedelta(seconds=60)  # who was not seen for so long is gone
PATIENT = timedelta(seconds=15)  # a place that asks is mostly let in sooner


def sending_state() -> SendingState:
    """Does this base send, from where, and if not, why."""
    epoch = Epoch.objects.filter(pk=1).first()
    if epoch is None:
        return SendingState()
    now = clock.now()
    places = tuple(
        PlaceInfo(
            host=row.host,
            folder=str(row.bound.get("folder", "")),
            state=row.state,
            why=REASONS[row.why] if row.state == "asking" and row.why in REASONS else "",
            windows=row.mark,
            since=row.since,
            seen_at=row.seen_at,
            alive=row.seen_at >= now - ALIVE,
        )
        for row in Place.objects.order_by("-seen_at")
    )
    alarm = ""
    if epoch.stopped_at is not None:
        broken = _("Nothing is sent: the daily check found a broken promise.")
        alarm = REASONS[epoch.stop_kind] if epoch.stop_kind in LIFTED_BY_EPOCH else broken
    elif barred := next(
        (one for one in places if one.state == "asking" and one.alive and one.since <= now - PATIENT), None
    ):
        alarm = barred.why
    return SendingState(
        number=epoch.number,
        raised_at=epoch.raised_at,
        raised_by=epoch.raised_by,
        stopped_at=epoch.stopped_at,
        kind=epoch.stop_kind,
        findings=tuple(epoch.stop_says),
        audited_at=epoch.audited_at,
        places=places,
        alarm=alarm,
    )


def server_awaited() -> Awaited | None:
    """Which places found no mail server to hand newsletters to, and when they ask again; None where all is well."""
    if not Mailing.objects.filter(state="open", busy=True).exists():
        return None
    rows = list(Place.objects.filter(state="sending", seen_at__gt=clock.now() - ALIVE))
    rows += Place.objects.filter(rests_until__gt=clock.now() - ALIVE).exclude(pk__in=[row.pk for row in rows])
    resting = [row for row in rows if row.unreached and row.rests_until is not None]
    if not resting:
        return None
    return Awaited(
        hosts=tuple(sorted({row.host for row in resting})),
        again=min(row.rests_until for row in resting if row.rests_until is not None),
        others_send=len(resting) < len(rows),
    )


def may_send_here() -> tuple[bool, str]:
    """Whether a process of this host and folder may send, and the sentence that says why not."""
    found = look()
    if found.fine:
        return True, ""
    return False, str(REASONS[found.code])


def why_nothing_leaves() -> str:
    """Why nothing leaves by itself, neither from here nor from a worker elsewhere; empty where something does."""
    may, why = may_send_here()
    state = sending_state()
    if state.stopped_at is None and (
        may or any(one.state == "sending" and one.alive for one in state.places)
    ):
        return ""
    return str(state.alarm) or why


def waiting() -> list[Waiting]:
    """What would leave as soon as sending goes on, the most first."""
    labels = dict(Mailing.objects.filter(busy=True, state="open").values_list("pk", "label"))
    rows = (
        Message.objects.filter(mailing_id__in=list(labels), state__in=("planned", "claimed"))
        .order_by()
        .values_list("mailing_id")
        .annotate(Count("id"))
    )
    return sorted((Waiting(labels[pk], count) for pk, count in rows), key=lambda one: -one.messages)


def word_to_type() -> str:
    """What an administrator types to show that she means it."""
    return str(settings.TIFO_EVENT_NAME)
