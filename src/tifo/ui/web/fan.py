"""What any page of either house needs: the accent's stylesheet and the choice of language."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe
from django.views.i18n import set_language

from tifo.ui.rules import stylesheet

app_name = "look"


@require_safe
def accent(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 -- as Django calls it
    """The custom properties of the event's colour; its address carries a version, so it is kept for a year."""
    return HttpResponse(
        stylesheet(settings.TIFO_ACCENT),
        content_type="text/css; charset=utf-8",
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )


urlpatterns = [
    path("look/accent.css", accent, name="accent"),
    path("look/language/", set_language, name="language"),
]
