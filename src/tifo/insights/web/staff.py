"""The studio's first page, and the report of a sending."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from tifo.campaigns.public import CampaignView, Stage, campaigns, reason_word, stage_word
from tifo.consents.public import purposes
from tifo.insights.queries import club, growth, report, report_of
from tifo.insights.types import BlockFigures, CampaignReport, Need, Part
from tifo.insights.web.charts import growth_svg, hours_svg
from tifo.kernel.public import Refused
from tifo.preferences.public import topics
from tifo.ui.public import Bar, language_name, number, percent

app_name = "insights"


def _needs(views: list[CampaignView]) -> list[Need]:
    needs = []
    for view in views:
        for sending in view.occurrences[:1]:
            href = _campaign_href(view.name)
            said = {"campaign": view.name}
            if sending.stage is Stage.AWAITING_APPROVAL:
                needs.append(Need(_("approve “%(campaign)s”") % said, href, "watch"))
            elif sending.stage is Stage.MISSED:
                needs.append(
                    Need(_("“%(campaign)s” missed its hour: start it or cancel it") % said, href, "stop")
                )
            elif sending.stage is Stage.FAILED:
                needs.append(Need(_("“%(campaign)s” could not be planned") % said, href, "stop"))
            elif sending.stage is Stage.PAUSED:
                needs.append(Need(_("“%(campaign)s” is paused") % said, href, "watch"))
        if not view.occurrences:
            needs.append(
                Need(
                    _("“%(campaign)s” is ready to be checked and sent") % {"campaign": view.name},
                    _campaign_href(view.name),
                    "info",
                )
            )
    return needs


def _campaign_href(name: str) -> str:
    return reverse("campaigns:campaign", args=[name])


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """How the base grows, what is next, what waits for a person."""
    views = campaigns()
    figures = growth()
    coming = [
        (sending, *stage_word(sending.stage))
        for view in views
        for sending in view.occurrences[:1]
        if sending.stage in (Stage.PLANNING, Stage.SCHEDULED, Stage.SENDING, Stage.AWAITING_APPROVAL)
    ]
    last = next(
        (sending for view in views for sending in view.occurrences if sending.stage is Stage.FINISHED), None
    )
    return render(
        request,
        "insights/home.html",
        {
            "rail": "home",
            "growth": figures,
            "chart": growth_svg(figures),
            "needs": _needs(views),
            "coming": coming,
            "last": report(last.id) if last else None,
        },
    )


def _span_text(certain: float, all_: float) -> str:
    return f"{percent(certain)} … {percent(all_)}"


def _part_bars(parts: tuple[Part, ...], unknown: str) -> list[Bar]:
    return [
        Bar(
            label=part.name or unknown,
            value=part.opened.all,
            total=max(part.accepted, 1),
            certain=part.opened.certain,
            text=_("%(opened)s opened of %(accepted)s accepted")
            % {
                "opened": _span_text(part.opened.certain_rate, part.opened.all_rate),
                "accepted": number(part.accepted),
            },
        )
        for part in parts[:12]
        if part.accepted
    ]


def _block_bars(lines: tuple[BlockFigures, ...]) -> list[Bar]:
    return [
        Bar(
            label=f"{line.slot} · {line.block}",
            value=line.clicked.all,
            total=max(line.shown, 1),
            certain=line.clicked.certain,
            text=_("%(clicked)s clicked of %(shown)s shown")
            % {
                "clicked": _span_text(line.clicked.certain_rate, line.clicked.all_rate),
                "shown": number(line.shown),
            },
        )
        for line in lines
    ]


def _outcomes(found: CampaignReport) -> list[tuple[str, int, str, str]]:
    done = found.progress
    reasons = sorted(done.suppressed.items(), key=lambda one: (-one[1], one[0]))
    why = ", ".join(f"{number(count)} {reason_word(reason)}" for reason, count in reasons)
    return [
        (_("accepted"), done.accepted, "good", ""),
        (_("suppressed"), done.suppressed_total, "", why),
        (_("refused"), done.refused, "stop", ""),
        (_("unknown"), done.unknown, "watch", ""),
        (_("expired"), done.expired, "", ""),
        (_("cancelled"), done.cancelled, "", ""),
        (_("open"), done.open, "info", ""),
    ]


@require_GET
def campaign_report(request: HttpRequest, name: str) -> HttpResponse:
    """What became of the newest sending of a campaign."""
    try:
        found = report_of(name)
    except Refused as error:
        raise Http404(str(error)) from None
    unknown = _("unknown")
    return render(
        request,
        "insights/report.html",
        {
            "rail": "campaigns",
            "report": found,
            "outcomes": _outcomes(found),
            "languages": _part_bars(found.by_language, unknown),
            "countries": _part_bars(found.by_country, unknown),
            "variants": _part_bars(found.by_variant, unknown) if len(found.by_variant) > 1 else [],
            "blocks": _block_bars(found.by_block),
            "hours": hours_svg(found.by_hour),
            "opened": _span_text(found.opened.certain_rate, found.opened.all_rate),
            "clicked": _span_text(found.clicked.certain_rate, found.clicked.all_rate),
            "of_accepted": ngettext("of %(n)s accepted", "of %(n)s accepted", found.progress.accepted)
            % {"n": number(found.progress.accepted)},
        },
    )


def _member_bars(
    counts: Mapping[str, int], names: Mapping[str, str], members: int, question: str
) -> list[Bar]:
    """A bar for each; it leads to the audience of these members."""
    desk = reverse("audiences:new")
    return [
        Bar(
            label=names.get(name, name) or _("unknown"),
            value=count,
            total=max(members, 1),
            href=f"{desk}?{urlencode({'text': 'club.member and ' + question % name})}" if name else "",
        )
        for name, count in counts.items()
    ]


@require_GET
def club_page(request: HttpRequest) -> HttpResponse:
    """Who is in the club, what they like, what they agreed to; each bar leads to its audience."""
    figures = club()
    shown = get_language() or "en"
    languages = {code: language_name(code, shown) or code for code in figures.by_language if code}
    tastes = {one.slug: one.name(shown) for one in topics()}
    rights = {one.key: one.name(shown) for one in purposes()}
    return render(
        request,
        "insights/club.html",
        {
            "rail": "club",
            "club": figures,
            "languages": _member_bars(figures.by_language, languages, figures.members, 'language = "%s"'),
            "tastes": _member_bars(figures.by_topic, tastes, figures.members, 'likes("%s") >= 0.5'),
            "purposes": _member_bars(figures.by_purpose, rights, figures.members, 'consents("%s")'),
        },
    )


urlpatterns = [
    path("", home, name="home"),
    path("club/", club_page, name="club"),
    path("campaigns/<slug:name>/report/", campaign_report, name="report"),
]
