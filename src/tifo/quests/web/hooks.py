"""Where services of trackers post the activities of fans who gave them their code."""

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tifo.kernel.public import Refused, clock
from tifo.quests.public import fan_of_tracker, take_part
from tifo.quests.rules.told import ForgedError, UnreadableError, message_of, read_told, secret_of

app_name = "quest-hook"
LARGEST = 10_000  # bytes
REMEMBERED = 3 * 86_400  # seconds that a message told again gets the answer of the first time


@csrf_exempt
@require_POST
def activity(request: HttpRequest, tracker: str) -> HttpResponse:
    """What came of it. 401 where nobody vouches for it, 400 where it can't be read, 422 where it can't count; an error
    of ours is 5xx, and may come again."""
    secret = settings.TIFO_TRACKERS.get(tracker)
    if secret is None:
        return _wrong(404, "no such tracker")
    if int(request.headers.get("Content-Length") or 0) > LARGEST:
        return _wrong(413, f"at most {LARGEST} bytes")
    body = request.body
    try:
        message = message_of(
            secret_of(secret), {k.lower(): v for k, v in request.headers.items()}, body, clock.now()
        )
        key = f"quests.told:{tracker}:{message.encode().hex()[:200]}"
        if (before := cache.get(key)) is not None:
            return JsonResponse(before)
        told = read_told(tracker, body)
        fan_id = fan_of_tracker(tracker, told.code)
        if fan_id is None:
            return _wrong(422, "fan is not a code that she was given for this tracker")
        played = take_part(fan_id, told.quest, {"sport": (told.sport,)}, track=told.track)
    except ForgedError as forged:
        return _wrong(401, str(forged))
    except UnreadableError as unreadable:
        return _wrong(400, str(unreadable))
    except Refused as refused:
        return _wrong(422, str(refused))
    said = {"state": played.state, "points": played.points}
    cache.set(key, said, REMEMBERED)
    return JsonResponse(said)


def _wrong(status: int, why: str) -> HttpResponse:
    return JsonResponse({"error": why}, status=status)


urlpatterns = [path("activities/<slug:tracker>/", activity, name="activity")]
