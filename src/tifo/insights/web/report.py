"""The report of a sending: every planned message, and who read it."""

from collections.abc import Callable

from babel import Locale
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from tifo.campaigns.public import reason_word
from tifo.insights.queries import report_of
from tifo.insights.types import BlockFigures, CampaignReport, Part, Span
from tifo.insights.web.charts import hours_svg
from tifo.kernel.public import Refused
from tifo.ui.public import Bar, language_name, number, percent

PARTS_SHOWN = 12


def _reader() -> str:
    return get_language() or "en"


def _count(value: int) -> str:
    return number(value, _reader())


def _rates(span: Span) -> str:
    """From the certain to the possible, in the reader's language."""
    least, most = (percent(share, language=_reader()) for share in (span.certain_rate, span.all_rate))
    return f"{least} … {most}"


def _language(code: str) -> str:
    return language_name(code, _reader()) or code


def _country(code: str) -> str:
    return str(Locale.parse(_reader(), sep="-").territories.get(code, code))


def _same(name: str) -> str:
    return name


def _bar(label: str, span: Span) -> Bar:
    said = _("%(rates)s of %(all)s") % {"rates": _rates(span), "all": _count(span.of)}
    return Bar(label=label, value=span.all, total=max(span.of, 1), certain=span.certain, text=said)


def _part_bars(parts: tuple[Part, ...], called: Callable[[str], str]) -> list[Bar]:
    """How many opened in each part, the largest first."""
    shown = [part for part in parts if part.accepted][:PARTS_SHOWN]
    return [_bar(called(part.name) if part.name else _("unknown"), part.opened) for part in shown]


def _block_bars(lines: tuple[BlockFigures, ...]) -> list[Bar]:
    return [_bar(f"{line.slot} · {line.block}", line.clicked) for line in lines]


def _outcomes(found: CampaignReport) -> list[tuple[str, int, str]]:
    """What the planned messages are the sum of: word, count, why."""
    done = found.progress
    reasons = sorted(done.suppressed.items(), key=lambda one: (-one[1], one[0]))
    why = ", ".join(f"{_count(count)} {reason_word(reason)}" for reason, count in reasons)
    return [
        (_("accepted"), done.accepted, ""),
        (_("not sent"), done.suppressed_total, why),
        (_("refused"), done.refused, ""),
        (_("unknown"), done.unknown, ""),
        (_("too late"), done.expired, ""),
        (_("cancelled"), done.cancelled, ""),
        (_("open"), done.open, ""),
    ]


@require_GET
def campaign_report(request: HttpRequest, name: str) -> HttpResponse:
    """What became of the newest sending of a campaign."""
    try:
        found = report_of(name)
    except Refused as error:
        raise Http404(str(error)) from None
    accepted = found.progress.accepted
    context = {
        "rail": "campaigns",
        "report": found,
        "outcomes": _outcomes(found),
        "languages": _part_bars(found.by_language, _language),
        "countries": _part_bars(found.by_country, _country),
        "variants": _part_bars(found.by_variant, _same) if len(found.by_variant) > 1 else [],
        "blocks": _block_bars(found.by_block),
        "hours": hours_svg(found.by_hour),
        "opened": _rates(found.opened),
        "clicked": _rates(found.clicked),
        "of_accepted": ngettext("of %(n)s accepted", "of %(n)s accepted", accepted) % {"n": _count(accepted)},
    }
    return render(request, "insights/report.html", context)
