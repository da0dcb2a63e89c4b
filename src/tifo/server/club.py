"""Who looks at a page of the club: `request.fan`, and the language that she reads."""

from collections.abc import Callable

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from tifo.fans.public import Fan, fan_of_account
from tifo.ui.public import MEMBERS, club_page_for, speak_to


class ClubPages:
    """Before a view marked `club_page` or `open_club_page` answers: `request.fan` is set, her language spoken.

    A page for members sends others to the sign-in, and who is signed in without being a fan (staff) to the first page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, *_call: object) -> HttpResponse | None:
        """None to let the view answer."""
        who = club_page_for(view)
        if not who:
            return None
        fan = _signed_in(request)
        request.fan = fan  # type: ignore[attr-defined]
        if fan is not None:
            speak_to(request, fan.language)
        elif who == MEMBERS:
            return _elsewhere(request)
        return None


def _signed_in(request: HttpRequest) -> Fan | None:
    return fan_of_account(request.user.pk) if request.user.is_authenticated and request.user.pk else None


def _elsewhere(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return HttpResponseRedirect("/")
    back = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
    return redirect_to_login(back, reverse("account_request_login_code"))
