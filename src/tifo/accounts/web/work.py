"""Where a browser fetches the work that its form asks for."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tifo.accounts.actions import work_for
from tifo.kernel.public import Refused


@never_cache
@require_safe
def work(request: HttpRequest, action: str) -> HttpResponse:  # noqa: ARG001  as Django calls it
    """A challenge; looking at it keeps nothing."""
    try:
        return JsonResponse(work_for(action))
    except Refused:
        raise Http404 from None
