"""The inbox: every mail that left, as its reader gets it."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from tifo.inbox.actions import clear
from tifo.inbox.queries import mail, mail_count, mails
from tifo.inbox.types import MailLine, ReceivedMail
from tifo.ui.public import shown_dark

app_name = "inbox"
PAGE = 50


def _only_without_fans() -> None:
    if settings.PRODUCTION:
        raise Http404


class _Mails:
    """The list as a paginator wants it: counted and sliced in the store."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __len__(self) -> int:
        return mail_count(self.text)

    def __getitem__(self, part: slice) -> list[MailLine]:
        return mails(self.text, start=part.start, limit=part.stop - part.start)


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """All mails, the newest first."""
    _only_without_fans()
    text = request.GET.get("q", "").strip()[:200]
    page: Page[MailLine] = Paginator(_Mails(text), PAGE).get_page(request.GET.get("page"))  # type: ignore[arg-type]  # counted and sliced, never walked
    return render(request, "inbox/listing.html", {"page": page, "text": text})


def _found(number: int) -> ReceivedMail:
    _only_without_fans()
    found = mail(number)
    if found is None:
        raise Http404
    return found


@require_GET
def reading(request: HttpRequest, number: int) -> HttpResponse:
    """One mail: as its reader sees it, as text, and its headers."""
    return render(request, "inbox/reading.html", {"mail": _found(number)})


@require_GET
@xframe_options_sameorigin
def body(request: HttpRequest, number: int) -> HttpResponse:
    """The mail itself, for the frame: no script of it ever runs."""
    html = _found(number).html
    response = HttpResponse(shown_dark(html) if request.GET.get("dark") else html)
    response["Content-Security-Policy"] = (
        "default-src 'none'; img-src * data:; style-src 'unsafe-inline'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
    )
    return response


@require_GET
def source(_request: HttpRequest, number: int) -> HttpResponse:
    """The bytes as they came."""
    return HttpResponse(_found(number).raw, content_type="text/plain; charset=utf-8")


@require_POST
def emptied(request: HttpRequest) -> HttpResponse:
    """Throw all mails away."""
    _only_without_fans()
    clear()
    messages.success(request, _("The inbox is empty."))
    return redirect("inbox:listing")


urlpatterns = [
    path("", listing, name="listing"),
    path("empty/", emptied, name="empty"),
    path("<int:number>/", reading, name="reading"),
    path("<int:number>/body/", body, name="body"),
    path("<int:number>/source/", source, name="source"),
]
