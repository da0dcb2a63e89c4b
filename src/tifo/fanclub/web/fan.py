"""The fans' site: landing, joining, home, sessions; where each page of it is."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model, login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from tifo.consents.public import notices_by_id
from tifo.fanclub import actions, queries
from tifo.fanclub.web import app, preferences, shown
from tifo.fanclub.web.forms import JoinForm
from tifo.fanclub.web.preferences import link_over
from tifo.fanclub.web.visitors import signed_in_fan, within, within_by_work
from tifo.fans.public import canonical_email
from tifo.kernel.public import Refused, clock
from tifo.preferences.public import topics
from tifo.ui.public import club_entry, club_page, open_club_page, reader_language

app_name = "fanclub"
BROUGHT = ("email", "first_name")  # what a form elsewhere may have asked already
MOST_SPORTS = 24  # on the first page
club_entry("home", gettext_lazy("Home"), "fanclub:home", 10)
club_entry("sessions", gettext_lazy("My sessions"), "fanclub:sessions", 50)
club_entry("preferences", gettext_lazy("My choices"), "fanclub:preferences", 60)
club_entry("join", gettext_lazy("Join"), "fanclub:join", 10, visitors=True)
club_entry("sign-in", gettext_lazy("Sign in"), "account_request_login_code", 20, visitors=True)


@open_club_page
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """For a member her own first page; for everybody else what the club is."""
    fan = signed_in_fan(request)
    if fan is None:
        language = reader_language()
        sports = sorted(topic.name(language) for topic in topics("sport"))
        return render(
            request,
            "fanclub/landing.html",
            {"sports": sports[:MOST_SPORTS], "countdown": queries.countdown()},
        )
    found = queries.home(fan, reader_language())
    words = {"home": found, "fan": fan, "page": "home"}
    words |= {"fresh": shown.fresh(found.fresh), "tastes": shown.tastes(found.tastes)}
    words["ticket"] = shown.ticket(found.ticket) if found.ticket else None
    return render(request, "fanclub/home.html", words)


@open_club_page
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """The form; afterwards always the same page, whoever the address belongs to."""
    if signed_in_fan(request) is not None:
        return redirect("fanclub:home")
    accepted = request.headers.get("Accept-Language", "")
    said = {"friend": request.GET.get("friend", "")[:40]}
    form = JoinForm(request.POST if request.method == "POST" else None, accepted=accepted, said=said)
    if request.method == "POST":
        if not within_by_work(request, "join"):
            return render(request, "fanclub/too_many.html", status=429)
        if form.is_valid():
            address = form.cleaned_data["email"]
            if within(request, "join-address", canonical_email(address)):
                hashes = {
                    one.id: one.hash
                    for one in notices_by_id([offer.notice_id for offer in form.offers]).values()
                }
                actions.ask_to_join(form.wish(hashes))
            request.session["joining_address"] = address
            return redirect("fanclub:look")
    return render(
        request, "fanclub/join.html", {"form": form, "page": "join"}, status=422 if form.errors else 200
    )


@csrf_exempt  # another site's form posts here; nothing is kept, and our own form follows
@open_club_page
@require_http_methods(["GET", "HEAD", "POST"])
def join_from(request: HttpRequest, code: str) -> HttpResponse:
    """From a link or a form elsewhere to our own form, with what she wrote there filled in; nothing is kept yet."""
    place = queries.open_source_named(code)
    if place is None or signed_in_fan(request) is not None:
        return redirect("fanclub:join")
    said = {name: request.POST.get(name, "")[:254] for name in BROUGHT if request.POST.get(name)}
    form = JoinForm(accepted=request.headers.get("Accept-Language", ""), said={**said, "source": place.code})
    return render(request, "fanclub/join.html", {"form": form, "page": "join"})


@open_club_page
@require_safe
def look(request: HttpRequest) -> HttpResponse:
    """Look into your mailbox."""
    return render(request, "fanclub/look.html", {"address": request.session.get("joining_address", "")})


@open_club_page
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """The page behind the letter's link: it shows what is asked, its one button confirms."""
    token = request.POST.get("t") or request.GET.get("t") or ""
    if not within(request, "link"):
        return render(request, "fanclub/too_many.html", status=429)
    if request.method == "POST":
        try:
            joined = actions.confirm_joining(token)
        except Refused as refused:
            return link_over(request, str(refused))
        request.session.pop("joining_address", None)
        if joined.again:
            messages.info(request, _("You confirmed this before. Sign in with a code that we mail you."))
            return redirect("account_request_login_code")
        if joined.held_back:
            messages.info(
                request, _("Some of what you ticked has to wait until you are older; the rest counts.")
            )
        return _come_in(request, joined.user_id, joined.first_name)
    waiting = queries.waiting(token)
    if waiting is None:
        row = queries.joining_of(token)
        if row is not None and row.confirmed_at:
            return render(request, "fanclub/confirmed.html")
        return link_over(request)
    _row, wish = waiting
    names = {offer.key: offer.name for offer in queries.offers(reader_language())}
    return render(
        request,
        "fanclub/confirm.html",
        {"wish": wish, "token": token, "purposes": [names[choice.purpose] for choice in wish.choices]},
    )


def _come_in(request: HttpRequest, user_id: int, name: str) -> HttpResponse:
    """Signed in at once: the link proved the mailbox, as a mailed code would. Staff and second factors go the long way."""
    welcome = _("Welcome, %(name)s. You are in.") % {"name": name} if name else _("Welcome. You are in.")
    messages.success(request, welcome)
    if not queries.may_enter_by_letter(user_id):
        return redirect("account_request_login_code")
    user = get_user_model().objects.get(pk=user_id)
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return redirect("fanclub:home")


@club_page
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """Her tickets, day by day, in the venue's time."""
    fan = signed_in_fan(request)
    assert fan is not None  # noqa: S101  a page for members
    coming, over = queries.her_sessions(fan.id)
    return render(
        request,
        "fanclub/sessions.html",
        {
            "coming": shown.days(coming),
            "over": shown.days(over),
            "now": clock.now(),
            "fan": fan,
            "page": "sessions",
        },
    )


urlpatterns = [
    path("", home, name="home"),
    path("join/", join, name="join"),
    path("join/from/<slug:code>/", join_from, name="join-from"),
    path("join/look/", look, name="look"),
    path("join/confirm/", confirm, name="confirm"),
    path("sessions/", sessions, name="sessions"),
    path("preferences/", preferences.centre, name="preferences"),
    path("preferences/tastes/", preferences.say_tastes, name="tastes"),
    path("preferences/reason/", preferences.forget_reason, name="reason"),
    path("preferences/answer/", preferences.answer, name="answer"),
    path("preferences/confirm/", preferences.confirm_answer, name="confirm-answer"),
    path("preferences/facts/", preferences.facts, name="facts"),
    path("unsubscribe/", preferences.unsubscribe, name="unsubscribe"),
    path("me/everything/", preferences.everything, name="everything"),
    path("me/leave/", preferences.leave, name="leave"),
    path("me/erase/", preferences.erase, name="erase"),
    path("club-worker.js", app.worker, name="worker"),
    path("club.webmanifest", app.manifest, name="manifest"),
    path("club-icon.svg", app.icon, name="icon"),
]
