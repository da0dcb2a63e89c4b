"""The look alone: its tests need no other context."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken on purpose")


urlpatterns = [
    path("", include("tifo.ui.web.fan")),
    path("", include("tifo.ui.web.staff")),
    path("broken/", broken),
]
