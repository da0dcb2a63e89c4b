"""What makes the club installable, and of use without a network: its manifest, its icon, and who keeps her pages."""

import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, get_language_bidi
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from tifo.ui.public import ground_light, shades

TILES = (
    (1, 1, 1), (9, 1, 0.45), (17, 1, 0.75), (1, 9, 0.75), (9, 9, 1), (17, 9, 0.3), (1, 17, 0.45), (9, 17, 0.75), (17, 17, 1),
)  # fmt: skip


@require_safe
@cache_control(public=True, max_age=86400)
def icon(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  as Django calls it
    """The mark on the event's colour; its middle lies in the circle that phones cut out."""
    worn = shades(settings.TIFO_ACCENT, ground_light)
    tiles = "".join(
        f'<rect x="{x}" y="{y}" width="6" height="6" rx="1" opacity="{opacity}"/>' for x, y, opacity in TILES
    )
    return HttpResponse(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" width="512" height="512">'
        f'<rect width="48" height="48" fill="{worn.accent}"/>'
        f'<g transform="translate(12 12)" fill="{worn.on}">{tiles}</g></svg>',
        content_type="image/svg+xml",
    )


@require_safe
@cache_control(private=True, no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """What runs in her browser and keeps two pages of hers; nothing of hers is in it."""
    kept = [reverse("fanclub:sessions"), reverse("points:badges")]
    ends = [reverse(name) for name in ("account_logout", "account_request_login_code", "fanclub:erase")]
    nowhere = render_to_string("fanclub/nowhere.html", {"kept": kept}, request)
    words = {"kept": json.dumps(kept), "ends": json.dumps(ends), "nowhere": json.dumps(nowhere)}
    return render(request, "fanclub/worker.js", words, content_type="text/javascript")


@require_safe
@cache_control(private=True, max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  as Django calls it
    """How the club looks on a home screen."""
    worn = shades(settings.TIFO_ACCENT, ground_light)
    return JsonResponse(
        {
            "id": "/",
            "name": settings.TIFO_EVENT_NAME,
            "short_name": settings.TIFO_EVENT_NAME[:12],
            "lang": get_language(),
            "dir": "rtl" if get_language_bidi() else "ltr",
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "theme_color": worn.accent,
            "background_color": worn.accent,
            "icons": [
                {"src": reverse("fanclub:icon"), "type": "image/svg+xml", "sizes": "any", "purpose": purpose}
                for purpose in ("any", "maskable")
            ],
        },
        content_type="application/manifest+json",
    )
