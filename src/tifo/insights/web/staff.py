"""The studio's first page, and the report of a sending."""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from tifo.campaigns.public import CampaignView, Stage, campaigns, stage_word
from tifo.consents.public import purposes
from tifo.insights.queries import club, growth, report
from tifo.insights.types import Need
from tifo.insights.web.charts import growth_svg
from tifo.insights.web.report import campaign_report
from tifo.kernel.public import clock
from tifo.preferences.public import taught_since, topics
from tifo.ui.public import Bar, desk_entry, language_name, number

app_name = "insights"
desk_entry("members", gettext_lazy("Members"), "insights:club", 10)

MOST_TAUGHT = 10
_LIKED = 'club.member and likes("%s") > 0'
COMPOSERS = frozenset({"communicator", "admin"})
"""Who may make a campaign."""


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
            elif sending.stage is Stage.HALTED:
                needs.append(Need(_("“%(campaign)s” halted by itself: look why") % said, href, "stop"))
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
            "may_compose": bool(getattr(request, "roles", frozenset()) & COMPOSERS),
            "growth": figures,
            "chart": growth_svg(figures),
            "needs": _needs(views),
            "coming": coming,
            "last": report(last.id) if last else None,
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


def _taught_bars(shown: str) -> list[Bar]:
    """What this week's quizzes, clicks and tickets said of tastes, most fans first."""
    acts = {
        "quiz": _("quizzes"),
        "quest": _("other quests"),
        "click": _("clicks"),
        "ticket": _("tickets"),
        "survey": _("questionnaires"),
    }
    week = taught_since(clock.now() - timedelta(days=7))[:MOST_TAUGHT]
    most = max((one.fans for one in week), default=1)
    desk = reverse("audiences:new")
    return [
        Bar(
            f"{one.topic.name(shown)} · {acts.get(one.source, one.source)}",
            one.fans,
            most,
            text=number(one.fans, shown),
            href=f"{desk}?{urlencode({'text': _LIKED % one.topic.slug})}",
        )
        for one in week
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
            "taught": _taught_bars(shown),
            "tastes": _member_bars(figures.by_topic, tastes, figures.members, 'likes("%s") >= 0.5'),
            "purposes": _member_bars(figures.by_purpose, rights, figures.members, 'consents("%s")'),
        },
    )


urlpatterns = [
    path("", home, name="home"),
    path("club/", club_page, name="club"),
    path("campaigns/<slug:name>/report/", campaign_report, name="report"),
]
