"""The step Who: by which right, and whom."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tifo.audiences.public import AudienceError, count, parse, phrases, sampled, saved_audiences, sizes
from tifo.campaigns import actions, queries
from tifo.campaigns.web.forms import WhoForm
from tifo.campaigns.web.shown import SEE_FANS, campaign_context, found, language_word, roles
from tifo.consents.public import purpose_keys
from tifo.kernel.public import Refused
from tifo.lake.public import looking
from tifo.ui.public import Bar

SAMPLE = 8


def audience_answer(text: str, purpose: str) -> dict[str, Any]:
    """What is said of an audience: how many, who gets nothing and why, in words, some of them; or what is wrong."""
    try:
        expression = parse(text)
    except AudienceError as error:
        start, end = error.position, error.position + error.length
        cut = {"before": text[:start], "wrong": text[start:end] or " ", "after": text[end:]}
        return {"error": error, "cut": cut, "empty": not text.strip()}
    answer: dict[str, Any] = {"phrase": phrases(expression)}
    try:
        with looking() as reader:
            answer["count"] = count(text, reader=reader)
            size = sizes(text, reader=reader)
            answer["samples"] = [
                (one, language_word(one.language or "")) for one in sampled(text, SAMPLE, reader=reader)
            ]
        if purpose in purpose_keys():
            answer["foreseen"] = queries.foresee_audience(text, purpose)
    except Refused as refused:
        return answer | {"problem": str(refused)}
    channels = {"email": _("by e-mail"), "sms": _("by phone"), "none": _("by nothing we know")}
    answer["languages"] = [
        Bar(language_word(code or ""), n, size.total) for code, n in size.by_language.items()
    ]
    answer["channels"] = [Bar(channels[key], n, size.total) for key, n in size.by_channel.items()]
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
def who(request: HttpRequest, name: str) -> HttpResponse:
    """By which right, and whom."""
    view = found(name)
    sent = request.POST
    text = view.definition.audience
    form = WhoForm(initial={"purpose": view.purpose})
    expected, purpose = view.fingerprint, view.purpose
    if request.method == "POST":
        purpose = sent.get("purpose", "")
        form, text = WhoForm(sent), sent.get("text", "").replace("\r\n", "\n").strip()
        expected = sent.get("expected", "")
        kept = sent.get("kept", "")
        if sent.get("act") == "use" and kept.isdigit():
            text = next((one.text for one in saved_audiences() if str(one.id) == kept), text)
        elif sent.get("act") == "keep" and form.is_valid():
            try:
                actions.change_audience(
                    name,
                    purpose=form.cleaned_data["purpose"],
                    audience=text,
                    expected=expected,
                    actor=request.user.pk,
                )
            except AudienceError:
                pass  # shown at its place beside the text
            except Refused as refused:
                messages.error(request, str(refused))
            else:
                messages.success(request, _("Kept."))
                return redirect("campaigns:campaign", name)
    context = campaign_context(request, view, "who")
    context |= {
        "form": form,
        "text": text,
        "expected": expected,
        "answer": audience_answer(text, purpose),
        "kept_audiences": saved_audiences(),
    }
    return render(request, "campaigns/who.html", context)


@require_POST
def audience(request: HttpRequest) -> HttpResponse:
    """What is said beside the text while it is typed. Writes nothing; a POST because a question is long."""
    text = request.POST.get("text", "").replace("\r\n", "\n").strip()
    answer = audience_answer(text, request.POST.get("purpose", ""))
    context = {"answer": answer, "may_see_fans": bool(roles(request) & SEE_FANS)}
    return render(request, "campaigns/_audience.html", context)
