"""A draw checked by whoever likes: computed again in her browser, or with one file on her own computer."""

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from tifo.rewards.rules.verdict import VERIFIER
from tifo.ui.public import open_club_page

app_name = "proof"


@open_club_page
@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """The page does its work in the browser: what she opens there is not sent to us."""
    return render(request, "rewards/check.html", {"page": "rewards"})


@require_safe
def verifier(_request: HttpRequest) -> FileResponse:
    """The one file that needs nothing of ours."""
    return FileResponse(
        VERIFIER.open("rb"), as_attachment=True, filename="verify_draw.py", content_type="text/x-python"
    )


urlpatterns = [path("check/", check, name="check"), path("verifier/", verifier, name="verifier")]
