"""Where mail services post what came back (W2, C8)."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tifo.delivery.public import hear_webhook
from tifo.kernel.public import Refused

app_name = "delivery"

LARGEST = 2_000_000  # bytes


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, service: str) -> HttpResponse:
    """Empty 200 once all of it is durable; 403 forged, 400 old or unreadable; an error of ours is 5xx, and comes
    again."""
    try:
        if int(request.headers.get("Content-Length") or 0) > LARGEST:
            return HttpResponse(status=413)
        why = hear_webhook(service, request)
    except Refused:
        return HttpResponse(status=404)
    return HttpResponse(status={"": 200, "forged": 403}.get(why, 400))


urlpatterns = [path("mail/<slug:service>/", webhook, name="webhook")]
