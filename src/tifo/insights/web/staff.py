"""The studio's first page, and the report of a sending."""

import hashlib
import json
from datetime import date
from typing import Any

import vl_convert
from babel.dates import format_date
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from tifo.campaigns.public import CampaignView, Stage, campaigns
from tifo.insights.queries import growth, report, report_of
from tifo.insights.rules import folded, growth_chart, hours_chart
from tifo.insights.types import BlockFigures, CampaignReport, Growth, Need, Part
from tifo.kernel.public import Refused
from tifo.ui.public import Bar, moment, number, percent

app_name = "insights"

CHART_LIFE = 24 * 3600  # seconds; the key holds all that is drawn


def drawn(specification: dict[str, Any]) -> SafeString:
    """The chart as SVG, ready to stand in a page."""
    text = json.dumps(specification, sort_keys=True)
    key = "insights.chart." + hashlib.sha256(text.encode()).hexdigest()
    svg: str | None = cache.get(key)
    if svg is None:
        svg = str(vl_convert.vegalite_to_svg(text))
        cache.set(key, svg, CHART_LIFE)
    return mark_safe(svg)  # noqa: S308  our own drawing; its labels are escaped by vl-convert


def _growth_svg(figures: Growth) -> SafeString | None:
    if not figures.by_source or figures.fans == 0:
        return None
    names = {month: moment_of_month(month) for month in figures.months}
    named = {source or _("unknown"): counts for source, counts in figures.by_source.items()}
    shown = folded(named, others=_("all others"))
    return drawn(growth_chart(figures.months, shown, names=names, title=_("fans")))


def moment_of_month(month: date) -> str:
    """A month as a short label in the reader's language."""
    return str(format_date(month, "LLL yy", locale=(get_language() or "en").replace("-", "_")))


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
        sending
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
            "chart": _growth_svg(figures),
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
    why = ", ".join(f"{reason} {number(count)}" for reason, count in sorted(done.suppressed.items()))
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
    hours = None
    if found.by_hour:
        labels = [moment(hour.replace(tzinfo=None)) for hour, _opens, _clicks in found.by_hour]
        hours = drawn(
            hours_chart(
                found.by_hour, labels=labels, opened=_("opened"), clicked=_("clicked"), title=_("messages")
            )
        )
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
            "hours": hours,
            "opened": _span_text(found.opened.certain_rate, found.opened.all_rate),
            "clicked": _span_text(found.clicked.certain_rate, found.clicked.all_rate),
            "of_accepted": ngettext("of %(n)s accepted", "of %(n)s accepted", found.progress.accepted)
            % {"n": number(found.progress.accepted)},
        },
    )


urlpatterns = [
    path("", home, name="home"),
    path("campaigns/<slug:name>/report/", campaign_report, name="report"),
]
