"""A block of a campaign: its texts in all languages, for whom it is, what a click in it says."""

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tifo.campaigns import actions
from tifo.campaigns.types import CampaignView
from tifo.campaigns.web.forms import BlockForm
from tifo.campaigns.web.shown import COMPOSERS, campaign_context, found, language_word, right_to_left, roles
from tifo.content.public import Block
from tifo.kernel.public import Refused


def _languages(view: CampaignView, block: Block | None) -> list[str]:
    """The house's languages, then others in which the campaign or the block speaks."""
    spoken = [*settings.TIFO_LANGUAGES, *sorted(view.definition.composition.subject)]
    return list(dict.fromkeys([*spoken, *sorted(block.texts if block else ())]))


def _initial(block: Block | None) -> dict[str, Any]:
    if block is None:
        return {"kind": "markdown"}
    return {
        "name": block.name,
        "kind": block.kind,
        "when": block.when or "",
        "topics": ", ".join(block.topics),
        "fallback": block.fallback or "",
    }


def _written(form: BlockForm, texts: dict[str, str], known: Block | None) -> Block:
    given = form.cleaned_data
    topics = tuple(word.strip() for word in given["topics"].split(",") if word.strip())
    base = known or Block(given["name"], given["kind"], {})
    return replace(
        base,
        kind=given["kind"],
        texts=texts,
        when=given["when"].strip() or None,
        topics=topics,
        fallback=given["fallback"] or None,
        state="draft" if known is None or texts != dict(known.texts) else known.state,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def block(request: HttpRequest, name: str, block_name: str = "") -> HttpResponse:
    """Write a block of the campaign; without a name, a new one."""
    view = found(name)
    known = view.definition.composition.block(block_name) if block_name else None
    if block_name and known is None:
        raise Http404
    languages = _languages(view, known)
    sent = request.POST
    given = request.method == "POST"
    form = BlockForm(
        {**sent.dict(), "name": block_name or sent.get("name", "")} if given else None,
        initial=_initial(known),
        languages=languages,
    )
    if known is not None:
        form.fields["name"].disabled = True
        form.initial["name"] = block_name
    before = dict(known.texts) if known else {}
    texts = {
        code: sent.get(f"text-{code}", "").replace("\r\n", "\n") if given else before.get(code, "")
        for code in languages
    }
    if given and form.is_valid() and roles(request) & COMPOSERS:
        written = {code: text for code, text in texts.items() if text.strip()}
        try:
            actions.change_block(
                name,
                _written(form, written, known),
                expected=sent.get("expected", ""),
                actor=request.user.pk,
                fresh=known is None,
            )
        except Refused as refused:
            for line in str(refused).splitlines():
                messages.error(request, line)
        else:
            messages.success(request, _("Kept."))
            return redirect("campaigns:campaign", name)
    context = campaign_context(request, view, "what")
    context |= {
        "written": known,
        "form": form,
        "expected": sent.get("expected", "") if given else view.fingerprint,
        "texts": [
            {"code": code, "name": language_word(code), "rtl": right_to_left(code), "text": text}
            for code, text in texts.items()
        ],
    }
    return render(request, "campaigns/block.html", context)
