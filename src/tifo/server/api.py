"""The API at /api/v1/: typed, with its own documentation at /api/docs."""

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI

from tifo.accounts.web.api import ApiKeyAuth
from tifo.audiences.web.api import router as audiences
from tifo.campaigns.web.api import router as campaigns
from tifo.fanclub.web.api import router as contacts
from tifo.insights.web.api import router as reports
from tifo.kernel.public import Refused

api = NinjaAPI(
    title="tifo",
    version="1",
    description="Look into tifo from other programs. Keys are made in the studio, under My account.",
    auth=ApiKeyAuth(),
    urls_namespace="api",
)
api.add_router("/v1/audiences", audiences)
api.add_router("/v1/campaigns", campaigns)
api.add_router("/v1/contacts", contacts)
api.add_router("/v1/reports", reports)


@api.exception_handler(Refused)
def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    """What can't be done is said as it is said everywhere."""
    return api.create_response(request, {"detail": str(error)}, status=422)
