"""Lists: tables that sort, pages, search, bars, tabs and steps."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.paginator import Page
from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tifo.ui.components.library import part, register
from tifo.ui.components.writing import number, percent
from tifo.ui.types import Bar


def _address(context: Mapping[str, Any], **changes: str | None) -> str:
    """This page's query with some words changed (None: left out)."""
    request = context.get("request")
    query = request.GET.copy() if request is not None else QueryDict(mutable=True)
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return "?" + query.urlencode()


@register.simple_block_tag
def table(content: str, name: str, show_name: bool = False) -> SafeString:
    return part("table", content=content, name=name, show_name=show_name)


@register.simple_tag(takes_context=True)
def column(context: Mapping[str, Any], label: str, sort: str = "", number: bool = False) -> SafeString:
    """A column's head; with `sort` a link that sorts by it (?sort=name, then ?sort=-name)."""
    request = context.get("request")
    now = request.GET.get("sort", "") if request is not None else ""
    order = {sort: "ascending", f"-{sort}": "descending"}.get(now, "") if sort else ""
    following = f"-{sort}" if order == "ascending" else sort
    href = _address(context, sort=following, page=None) if sort else ""
    return part("column", label=label, href=href, order=order, number=number)


@register.simple_tag(takes_context=True)
def pagination(context: Mapping[str, Any], page: Page[Any]) -> SafeString:
    def to(wanted: int) -> str:
        return _address(context, page=str(wanted))

    return part(
        "pagination",
        previous=to(page.previous_page_number()) if page.has_previous() else "",
        next=to(page.next_page_number()) if page.has_next() else "",
        here=page.number,
        pages=page.paginator.num_pages,
        first=page.start_index(),
        last=page.end_index(),
        count=page.paginator.count,
    )


@register.simple_tag
def pager(previous: str = "", next: str = "") -> SafeString:
    return part("pagination", previous=previous, next=next, here=None)


@register.simple_tag(takes_context=True)
def search(
    context: Mapping[str, Any], label: str, name: str = "q", placeholder: str = "", keep: str = "sort"
) -> SafeString:
    request = context.get("request")
    query = request.GET if request is not None else {}
    kept = [(word, query[word]) for word in keep.split(",") if word in query]
    return part(
        "search", label=label, name=name, value=query.get(name, ""), placeholder=placeholder, kept=kept
    )


@register.simple_tag
def bars(rows: Iterable[Bar], label: str, show_name: bool = True) -> SafeString:
    """Horizontal bars, each with its figures in words; a name that stands above already is for screen readers."""
    drawn = []
    for row in rows:
        share = min(1.0, row.value / row.total) if row.total else 0.0
        sure = share if row.certain is None else (min(1.0, row.certain / row.total) if row.total else 0.0)
        text = row.text
        if not text:
            text = f"{number(row.value)}\u00a0·\u00a0{percent(share)}" if row.total else number(row.value)
            if row.certain is not None and row.certain != row.value:
                text = f"{percent(sure)} … {percent(share)}"
        drawn.append(
            {
                "label": row.label,
                "href": row.href,
                "text": text,
                "width": f"{share * 100:.2f}%",
                "sure": f"{sure * 100:.2f}%",
                "doubt": row.certain is not None,
            }
        )
    return part("bars", rows=drawn, label=label, show_name=show_name)


@register.simple_block_tag
def tabs(content: str, label: str) -> SafeString:
    return format_html('<nav class="tabs" aria-label="{}"><ul>{}</ul></nav>', label, content)


@register.simple_tag
def tab(label: str, href: str, current: bool = False, count: int | None = None) -> SafeString:
    return part("tab", label=label, href=href, current=current, count=count)


@register.simple_block_tag
def steps(content: str, label: str) -> SafeString:
    return format_html('<nav class="steps" aria-label="{}"><ol>{}</ol></nav>', label, content)


@register.simple_tag
def step(label: str, href: str = "", state: str = "") -> SafeString:
    """state: done, current or nothing (still to come)."""
    return part("step", label=label, href=href, state=state)
