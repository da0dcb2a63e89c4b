"""The preference centre: tastes, consents, facts, leaving. By account, or, without facts, by the token of a mail."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tifo.fanclub import actions, queries
from tifo.fanclub.web import shown
from tifo.fanclub.web.forms import FactsForm
from tifo.fanclub.web.visitors import Person, person_of, signed_in_fan, within
from tifo.fans.public import Fan
from tifo.kernel.public import Refused
from tifo.preferences.public import forget_reason as forget
from tifo.preferences.public import preferences_of
from tifo.ui.public import open_club_page, reader_language, speak_to, typed_matches


def link_over(request: HttpRequest, why: str = "") -> HttpResponse:
    """One answer to every link that opens nothing: forged, cut, used up, of somebody erased."""
    return render(request, "fanclub/link_over.html", {"why": why}, status=404)


def _stranger(request: HttpRequest) -> HttpResponse:
    if request.POST.get("t") or request.GET.get("t"):
        return link_over(request)
    if request.user.is_authenticated:
        return redirect("fanclub:home")
    return redirect_to_login(reverse("fanclub:preferences"), reverse("account_request_login_code"))


def _back(person: Person, part: str) -> HttpResponse:
    way = f"?t={person.token}" if person.token else ""
    return HttpResponseRedirect(f"{reverse('fanclub:preferences')}{way}#{part}")


@open_club_page
@require_safe
def centre(request: HttpRequest) -> HttpResponse:
    """What we believe she likes and why, what she allowed; signed in also what we know of her, and the way out."""
    person = person_of(request)
    if person is None:
        return _stranger(request)
    return _show(request, person)


def _show(
    request: HttpRequest, person: Person, form: FactsForm | None = None, status: int = 200
) -> HttpResponse:
    held = preferences_of(person.fan.id)
    words = {
        "person": person,
        "fan": person.fan,
        "tastes": shown.tastes(held),
        "more": shown.topics_by_kind(queries.more_topics(held)),
        "offers": queries.offers(reader_language(), fan=person.fan),
        "page": "preferences",
    }
    if person.signed_in:
        words |= {"form": form or FactsForm(person.fan), "typed": erase_word()}
    return render(request, "fanclub/preferences.html", words, status=status)


@open_club_page
@require_POST
def say_tastes(request: HttpRequest) -> HttpResponse:
    """She says, corrects or takes back what she likes."""
    person = person_of(request)
    if person is None:
        return _stranger(request)
    try:
        actions.say_tastes(person.fan.id, request.POST.getlist("topic"), request.POST.get("say", ""))
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Noted. What you see and get follows from now on."))
    return _back(person, "tastes")


@open_club_page
@require_POST
def forget_reason(request: HttpRequest) -> HttpResponse:
    """One reason says nothing about her; it is not learnt again. Another fan's reason is none: the same 404."""
    person = person_of(request)
    if person is None:
        return _stranger(request)
    number = request.POST.get("reason", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Http404
    try:
        forget(person.fan.id, int(number))
    except Refused:
        raise Http404 from None
    messages.success(request, _("Forgotten. It will not be learnt again."))
    return _back(person, "tastes")


@open_club_page
@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """Yes or no to one purpose."""
    person = person_of(request)
    if person is None:
        return _stranger(request)
    purpose, yes = request.POST.get("purpose", ""), request.POST.get("say") == "yes"
    number = request.POST.get("notice", "")
    if yes and not person.signed_in and not within(request, "answer", f"{person.fan.id}"):
        return render(request, "fanclub/too_many.html", status=429)
    if not yes and request.POST.get("say") != "no":
        raise Http404
    try:
        state = actions.answer(
            person.fan.id,
            purpose,
            yes=yes,
            notice_id=int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None,
            signed_in=person.signed_in,
            language=reader_language(),
            proof=person.proof,
        )
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _said(state))
    return _back(person, "consents")


def _said(state: str) -> str:
    return {
        "given": _("Thank you. Your yes counts from now on."),
        "pending": _(
            "Look into your mailbox: your yes counts once you have followed the link we just mailed."
        ),
        "withdrawn": _("Done. Your no counts from now on."),
    }[state]


@open_club_page
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_answer(request: HttpRequest) -> HttpResponse:
    """The page behind the link of the letter about one yes; its button confirms."""
    token = request.POST.get("t") or request.GET.get("t") or ""
    asked = queries.asked_answer(token)
    if asked is None:
        return link_over(request)
    fan, purpose = asked
    speak_to(request, fan.language)
    offer = next(one for one in queries.offers(reader_language(), fan=fan) if one.key == purpose)
    if request.method == "POST":
        try:
            actions.confirm_answer(token)
        except Refused as refused:
            return link_over(request, str(refused))
        return render(request, "fanclub/answered.html", {"offer": offer})
    return render(request, "fanclub/confirm_answer.html", {"offer": offer, "token": token})


@csrf_exempt  # by token: it alone says who, and mail programs post without having seen the page (RFC 8058)
@open_club_page
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest) -> HttpResponse:
    """The way out, without signing in: of one purpose, or of everything."""
    by_token = request.GET.get("t") or request.POST.get("t")
    return _unsubscribe_named(request) if by_token else _unsubscribe_herself(request)


def _unsubscribe_named(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    if person is None:
        return link_over(request)
    offers = queries.offers(reader_language(), fan=person.fan)
    words = {"person": person, "offer": next((one for one in offers if one.key == person.purpose), None)}
    if request.method != "POST":
        return render(request, "fanclub/unsubscribe.html", words)
    if request.POST.get("what") == "all" or words["offer"] is None:
        actions.refuse_all(person.fan.id, proof=person.proof)
        return render(request, "fanclub/unsubscribed.html", {**words, "all": True})
    actions.refuse(person.fan.id, person.purpose, proof=person.proof)
    return render(request, "fanclub/unsubscribed.html", words)


@csrf_protect
def _unsubscribe_herself(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    if person is None:
        return render(request, "fanclub/unsubscribe_how.html")
    if request.method == "POST":
        actions.refuse_all(person.fan.id, proof=person.proof)
        messages.success(request, _("Done. You get no mails of any kind from now on."))
    return _back(person, "consents")


# Signed in only


def _herself(request: HttpRequest) -> Fan:
    fan = signed_in_fan(request)
    if fan is None:
        raise Http404
    return fan


@open_club_page
@sensitive_post_parameters()
@require_POST
def facts(request: HttpRequest) -> HttpResponse:
    """She corrects what we know of her."""
    fan = _herself(request)
    form = FactsForm(fan, request.POST)
    if form.is_valid():
        try:
            actions.tell_facts(fan.id, form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
    if not form.is_valid():
        return _show(request, Person(fan), form, status=422)
    messages.success(request, _("Noted."))
    answer = _back(Person(fan), "facts")
    if form.cleaned_data["language"] in settings.TIFO_LANGUAGES:
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            form.cleaned_data["language"],
            max_age=settings.LANGUAGE_COOKIE_AGE,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return answer


@open_club_page
@require_POST
def everything(request: HttpRequest) -> HttpResponse:
    """All that is known of her, to keep."""
    fan = _herself(request)
    packed = actions.everything_about(fan.id, int(request.user.pk or 0))
    return HttpResponse(
        packed,
        content_type="application/zip",
        headers={"Content-Disposition": 'attachment; filename="everything-about-me.zip"'},
    )


@open_club_page
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """She leaves the club, and keeps the rest."""
    fan = _herself(request)
    if actions.leave(fan.id):
        messages.success(request, _("You left the club. Come back whenever you like."))
    return _back(Person(fan), "leave")


def erase_word() -> str:
    """What she types to be forgotten, in her language."""
    return _("forget me")


@open_club_page
@require_POST
def erase(request: HttpRequest) -> HttpResponse:
    """She is forgotten for ever, once she typed it."""
    fan = _herself(request)
    if not typed_matches(request.POST.get("typed", ""), erase_word()):
        messages.error(
            request, _("Nothing was erased: type “%(word)s” exactly as shown.") % {"word": erase_word()}
        )
        return _back(Person(fan), "leave")
    actions.erase_me(fan.id, int(request.user.pk or 0))
    logout(request)
    return render(request, "fanclub/forgotten.html")
