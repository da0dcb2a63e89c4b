"""What can't be done is said as a page, whichever screen forgot to say it; and what no database can keep is not let in."""

import sys
from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.views.defaults import server_error

from tifo.kernel.public import Refused
from tifo.server.mends import mend_of

_NUL = "\0"


class Refusals:
    """Refuses text with the character NUL, which PostgreSQL can't keep; shows `Refused` as its sentence."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_call: object) -> None:
        """Raises BadRequest, which is answered with 400."""
        said = [request.path_info]
        for values in (*request.GET.lists(), *request.POST.lists()):
            said += [values[0], *map(str, values[1])]
        if any(_NUL in text for text in said):
            raise BadRequest("NUL in what was sent")

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The sentence with what, where and the mend, instead of a fault of ours."""
        if not isinstance(error, Refused):
            return None
        return render(request, "server/refused.html", {"says": str(error)}, status=409)


def fault(request: HttpRequest) -> HttpResponse:
    """Django's page for a fault of ours (500); where the world is at fault, a full disk or a database that does not
    answer, one that says to come back (503). Neither asks the database anything."""
    error = sys.exc_info()[1]
    if error is None or mend_of(error) is None:
        return server_error(request)
    return HttpResponse(loader.get_template("503.html").render(), status=503, headers={"Retry-After": "60"})
