"""The studio's content: the library, and the desk where a block is written, seen and reviewed."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tifo.content import actions, queries
from tifo.content.rules.tags import TAGS
from tifo.content.types import Block, Previewed, Problem, StoredBlock
from tifo.kernel.public import Refused
from tifo.ui.public import language_name, shown_dark

app_name = "content"

LIBRARY = ""
WRITERS = frozenset({"communicator", "admin"})
REVIEWERS = frozenset({"communicator", "approver", "admin"})
SEE_FANS = frozenset({"communicator", "support", "data-protection", "animator", "admin"})
"""Roles that may see a message as a real fan; the others see it as a made-up one."""


class BlockForm(forms.Form):
    """A block and its text in one language."""

    name = forms.SlugField(
        label=gettext_lazy("Name"),
        max_length=64,
        help_text=gettext_lazy("Letters, digits and -; slots call the block by it."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Written in"), choices=[("markdown", "Markdown"), ("mjml", "MJML")]
    )
    when = forms.CharField(
        label=gettext_lazy("Who it is for"),
        required=False,
        widget=forms.Textarea,
        help_text=gettext_lazy("A question about fans, such as not holds_ticket(). Empty: everybody."),
    )
    topics = forms.CharField(
        label=gettext_lazy("Topics"),
        required=False,
        help_text=gettext_lazy("What a click in it says about her taste, with commas: judo, swimming."),
    )
    fallback = forms.CharField(
        label=gettext_lazy("Fall-back language"),
        required=False,
        max_length=20,
        help_text=gettext_lazy("Who reads none of its languages gets this one. Empty: the campaign's."),
    )
    source = forms.CharField(label=gettext_lazy("Text"), required=False, widget=forms.Textarea, strip=False)


def _roles(request: HttpRequest) -> frozenset[str]:
    return getattr(request, "roles", frozenset())


def _named(code: str) -> str:
    return language_name(code, translation.get_language() or "en") or code


def _tabs(stored: StoredBlock | None, current: str) -> list[dict[str, Any]]:
    written = {text.language: text for text in stored.texts} if stored else {}
    codes = list(dict.fromkeys([*settings.TIFO_LANGUAGES, *sorted(written), current]))
    return [
        {
            "code": code,
            "name": _named(code),
            "current": code == current,
            "text": written.get(code),
            "missing": code not in written,
        }
        for code in codes
    ]


def _others(stored: StoredBlock | None, current: str) -> list[dict[str, str]]:
    """The block's texts in its other languages, to write by."""
    texts = stored.block.texts if stored else {}
    codes = dict.fromkeys([*settings.TIFO_LANGUAGES, *sorted(texts)])
    return [
        {"code": code, "name": _named(code), "direction": _direction(code), "source": texts[code]}
        for code in codes
        if code in texts and code != current
    ]


def _direction(code: str) -> str:
    return "rtl" if code.split("-")[0] in ("ar", "fa", "he", "ur") else "ltr"


@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """The library: every block, its languages and what is missing."""
    stored = queries.stored_blocks(LIBRARY)
    sought = request.GET.get("q", "").strip()
    if sought:
        stored = [one for one in stored if sought.casefold() in _searched(one)]
    house = list(settings.TIFO_LANGUAGES)
    rows = []
    for one in stored:
        known = {text.language: text for text in one.texts}
        spoken = [*house, *sorted(set(known) - set(house))]
        rows.append(
            {
                "block": one.block,
                "changed_at": one.changed_at,
                "changed_by": one.changed_by,
                "languages": [(code, _named(code), known.get(code)) for code in spoken],
            }
        )
    context = {
        "rail": "content",
        "rows": rows,
        "sought": sought,
        "may_write": bool(_roles(request) & WRITERS),
    }
    return render(request, "content/list.html", context)


def _searched(stored: StoredBlock) -> str:
    block = stored.block
    return "\n".join([block.name, block.when or "", *block.topics, *block.texts.values()]).casefold()


def _stored(name: str) -> StoredBlock:
    found = queries.stored_block(LIBRARY, name)
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """An empty desk."""
    return _desk(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """The desk with a block of the library."""
    return _desk(request, _stored(name))


def _desk(request: HttpRequest, stored: StoredBlock | None) -> HttpResponse:
    first = stored.texts[0].language if stored and stored.texts else settings.TIFO_LANGUAGES[0]
    language = (request.POST if request.method == "POST" else request.GET).get("language", "") or first
    if request.method == "POST":
        form = BlockForm(request.POST)
        if form.is_valid():
            block = _typed(form, stored, language)
            try:
                actions.save_block(LIBRARY, block, by=request.user.pk, fresh=stored is None)
            except Refused as refused:
                for line in str(refused).splitlines():
                    messages.error(request, line)
            else:
                messages.success(request, _("Kept."))
                return redirect(f"{reverse('content:edit', args=[block.name])}?language={language}")
    else:
        form = BlockForm(initial=_initial(stored, language))
    return render(request, "content/block.html", _desk_context(request, stored, form, language))


def _initial(stored: StoredBlock | None, language: str) -> dict[str, str]:
    if stored is None:
        return {"kind": "markdown"}
    block = stored.block
    return {
        "name": block.name,
        "kind": block.kind,
        "when": block.when or "",
        "topics": ", ".join(block.topics),
        "fallback": block.fallback or "",
        "source": block.texts.get(language, ""),
    }


def _desk_context(
    request: HttpRequest, stored: StoredBlock | None, form: BlockForm, language: str
) -> dict[str, Any]:
    may_write = bool(_roles(request) & WRITERS)
    if not may_write:
        for field in form.fields.values():
            field.disabled = True
    if stored:
        form.fields["name"].widget.attrs["readonly"] = True
    problems: Iterable[Problem] = (
        queries.check_block(stored.block, per_ticket=True, fallback=language) if stored else ()
    )
    return {
        "rail": "content",
        "form": form,
        "stored": stored,
        "tabs": _tabs(stored, language),
        "others": _others(stored, language),
        "written_in": language,
        "text": next((text for text in stored.texts if text.language == language), None) if stored else None,
        "problems": list(problems),
        "tags": [
            (tag, f'{{{{ {tag.name} | "…" }}}}' if tag.empty else f"{{{{ {tag.name} }}}}")
            for tag in TAGS.values()
        ],
        "per_ticket": bool(stored and queries.is_per_ticket(stored.block)),
        "choices": queries.fan_choices() if _roles(request) & SEE_FANS else [],
        "may_see_fans": bool(_roles(request) & SEE_FANS),
        "versions": queries.versions(LIBRARY, stored.block.name)[:10] if stored else [],
        "may_write": may_write,
        "may_review": bool(_roles(request) & REVIEWERS),
        "direction": _direction(language),
    }


def _typed(form: BlockForm, stored: StoredBlock | None, language: str) -> Block:
    given = form.cleaned_data
    texts = dict(stored.block.texts) if stored else {}
    texts[language] = given["source"].replace("\r\n", "\n")
    if not texts[language].strip():
        del texts[language]
    return Block(
        name=stored.block.name if stored else given["name"],
        kind=given["kind"],
        texts=texts,
        when=given["when"].strip() or None,
        topics=tuple(dict.fromkeys(topic.strip() for topic in given["topics"].split(",") if topic.strip())),
        fallback=given["fallback"].strip() or None,
    )


def _typed_now(sent: QueryDict) -> tuple[Block, str]:
    """The block as it stands on the desk, kept or not; one language is enough to see it."""
    language = sent.get("language", "") or settings.TIFO_LANGUAGES[0]
    block = Block(
        name=sent.get("name", "").strip() or "block",
        kind="mjml" if sent.get("kind") == "mjml" else "markdown",
        texts={language: sent.get("source", "").replace("\r\n", "\n")},
        when=sent.get("when", "").strip() or None,
        fallback=language,
    )
    return block, language


@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """What is wrong with the text while it is typed. Writes nothing; a POST because a text is long."""
    block, language = _typed_now(request.POST)
    problems = (
        queries.check_block(block, per_ticket=True, fallback=language)
        if block.texts[language].strip()
        else []
    )
    context = {"problems": problems, "typed": True, "written_in": language}
    return render(request, "content/_problems.html", context)


@require_POST
@xframe_options_sameorigin
def see(request: HttpRequest) -> HttpResponse:
    """The text on the desk as a fan would read it, for the preview's frame. Writes nothing."""
    block, language = _typed_now(request.POST)
    return _seen(request, block, language, request.POST)


@require_GET
@xframe_options_sameorigin
def preview(request: HttpRequest, name: str) -> HttpResponse:
    """A kept block as a fan would read it."""
    block = _stored(name).block
    language = request.GET.get("language", "") or next(iter(block.texts), "en")
    if language not in block.texts:
        raise Http404
    return _seen(request, block, language, request.GET)


def _seen(request: HttpRequest, block: Block, language: str, sent: QueryDict) -> HttpResponse:
    try:
        seen: Previewed = queries.block_seen_as(
            replace(block, when=None),
            language=language,
            fan_id=_chosen_fan(sent) if _roles(request) & SEE_FANS else None,
        )
    except Refused as refused:
        response = render(request, "content/broken.html", {"lines": str(refused).splitlines()})
    else:
        response = HttpResponse(shown_dark(seen.html) if sent.get("dark") else seen.html)
    response["Content-Security-Policy"] = (
        "default-src 'none'; img-src http: https: data:; style-src 'unsafe-inline'; sandbox"
    )
    return response


def _chosen_fan(sent: QueryDict) -> int | None:
    """The fan to see it as: her number, or whoever is found by what was written."""
    written = sent.get("sought", "").strip()
    if written:
        found = queries.found_fans(written)
        if not found:
            raise Refused(_("No fan is found by “%(text)s”; write her address.") % {"text": written})
        return found[0].fan_id
    chosen = sent.get("fan", "")
    return int(chosen) if chosen.isdigit() and len(chosen) < 19 else None


@require_POST
def review(request: HttpRequest, name: str) -> HttpResponse:
    """Say that a language was read and is right."""
    language = request.POST.get("language", "")
    try:
        actions.review_block(
            LIBRARY, name, by=request.user.pk or 0, languages=[language] if language else None
        )
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(
            request,
            _("Reviewed: %(language)s.") % {"language": _named(language) if language else _("all languages")},
        )
    return redirect(f"{reverse('content:edit', args=[name])}?language={language}")


@require_POST
def restore(request: HttpRequest, name: str) -> HttpResponse:
    """Make an earlier version the newest."""
    version = request.POST.get("version", "")
    try:
        actions.restore_block(LIBRARY, name, int(version) if version.isdigit() else 0, by=request.user.pk)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Version %(version)s is back, as a new version.") % {"version": version})
    return redirect("content:edit", name)


@require_POST
def delete(request: HttpRequest, name: str) -> HttpResponse:
    """Take a block out of the library."""
    try:
        actions.delete_block(LIBRARY, name, by=request.user.pk)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("content:list")
    messages.success(request, _("“%(name)s” is deleted. Campaigns keep their own copies.") % {"name": name})
    return redirect("content:list")


urlpatterns = [
    path("", listed, name="list"),
    path("new/", new, name="new"),
    path("look/", look, name="look"),
    path("see/", see, name="see"),
    path("block/<slug:name>/", edit, name="edit"),
    path("block/<slug:name>/preview/", preview, name="preview"),
    path("block/<slug:name>/review/", review, name="review"),
    path("block/<slug:name>/restore/", restore, name="restore"),
    path("block/<slug:name>/delete/", delete, name="delete"),
]
