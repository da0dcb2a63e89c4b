"""What is shown: the house's chrome, signs, buttons, states, containers, tickets."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, pgettext

from tifo.ui import rules
from tifo.ui.club import club_entries, desk_entries
from tifo.ui.components.library import part, reader_language, register
from tifo.ui.components.writing import number
from tifo.ui.context import current_look
from tifo.ui.icons import DIRECTED, ICONS

register.simple_tag(current_look)

SIGNS = {"good": "check", "watch": "alert", "stop": "cross", "info": "info"}
_MESSAGES = {"success": "good", "warning": "watch", "error": "stop"}


@register.simple_block_tag
def capture(content: str) -> SafeString:
    """What is inside, to be shown twice: {% capture as title %}…{% endcapture %}."""
    return SafeString(content.strip())


@register.simple_tag
def rail_words(here: str = "") -> list[dict[str, object]]:
    """The eight words of the studio's rail."""
    words = (
        ("home", gettext("Home"), "/studio/", "home"),
        ("fans", gettext("Fans"), "/studio/fans/", "people"),
        ("audiences", gettext("Audiences"), "/studio/audiences/", "question"),
        ("content", gettext("Content"), "/studio/content/", "blocks"),
        ("campaigns", gettext("Campaigns"), "/studio/campaigns/", "send"),
        ("club", gettext("Club"), "/studio/club/", "star"),
        ("spectators", gettext("Spectators"), "/studio/spectators/", "ticket"),
        ("settings", gettext("Settings"), "/studio/settings/", "gear"),
    )
    return [
        {"name": name, "href": href, "icon": icon, "here": key == here} for key, name, href, icon in words
    ]


@register.simple_tag(takes_context=True)
def club_bar(context: Mapping[str, Any], here: str = "") -> list[dict[str, object]]:
    """The words of the fan club's bar for who looks: a member's, or a visitor's."""
    member = getattr(context.get("request"), "fan", None) is not None
    return [
        {"name": str(entry.label), "href": reverse(entry.url_name), "here": entry.key == here}
        for entry in club_entries(visitors=not member)
    ]


@register.simple_tag
def club_desk(here: str = "") -> SafeString:
    """The screens of the studio's “Club”, as tabs."""
    tabs = "".join(
        part("tab", label=str(one.label), href=reverse(one.url_name), current=one.key == here, count=None)
        for one in desk_entries()
    )
    return format_html(
        '<nav class="tabs" aria-label="{}"><ul>{}</ul></nav>', gettext("Club"), SafeString(tabs)
    )


@register.simple_tag
def work(action: str) -> SafeString:
    """In a form: its browser does a little work for this action while she writes; ui/work.js goes with it."""
    return format_html('<input type="hidden" name="work" data-work="{}">', f"/work/{action}/")


@register.simple_tag
def mark() -> SafeString:
    """The mosaic of the house: nine tiles, one of them hers."""
    tiles = "".join(
        f'<rect x="{column * 8 + 1}" y="{row * 8 + 1}" width="6" height="6" rx="1" opacity="{opacity}"/>'
        for row, line in enumerate(((1, 0.45, 0.75), (0.75, 1, 0.3), (0.45, 0.75, 1)))
        for column, opacity in enumerate(line)
    )
    return format_html(
        '<svg class="mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>',
        SafeString(tiles),
    )


@register.simple_tag
def icon(name: str) -> SafeString:
    """An inline sign, hidden from screen readers: the word stands beside it."""
    turned = " turns" if name in DIRECTED else ""
    return format_html(
        '<svg class="icon{}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>',
        turned,
        mark_safe(ICONS[name]),  # noqa: S308 -- our own drawing
    )


@register.simple_tag
def signal_sign(signal: str) -> SafeString:
    return icon(SIGNS[signal]) if signal in SIGNS else SafeString("")


@register.filter
def message_signal(tags: str) -> str:
    """Our signal for the tags of a Django message."""
    return next((signal for tag, signal in _MESSAGES.items() if tag in (tags or "").split()), "info")


@register.simple_tag
def button(label: str, **options: Any) -> SafeString:
    """A <button>."""
    return part("button", label=label, **options)


@register.simple_tag
def link_button(label: str, href: str, **options: Any) -> SafeString:
    """A link that looks like a button."""
    return part("button", label=label, href=href, **options)


@register.simple_tag
def badge(word: str, signal: str = "") -> SafeString:
    return part("badge", word=word, signal=signal)


@register.simple_tag
def figure(
    label: str, value: object, of: str = "", href: str = "", change: str = "", signal: str = ""
) -> SafeString:
    """A figure with its denominator, a link to the fans or messages behind it."""
    shown = value if isinstance(value, str) else number(value)
    return part("figure", label=label, value=shown, of=of, href=href, change=change, signal=signal)


@register.simple_tag
def progress(done: int, total: int | None = None, label: str = "") -> SafeString:
    share = None if not total else min(1.0, done / total)
    return part("progress", done=done, total=total, label=label, share=share)


@register.simple_tag
def copy(text: str, label: str = "") -> SafeString:
    return part("copy", text=text, label=label or gettext("Copy"))


@register.simple_tag
def empty(title: str, text: str = "", action: str = "", href: str = "") -> SafeString:
    return part("empty", title=title, text=text, action=action, href=href)


@register.simple_tag
def crumb(label: str, href: str) -> SafeString:
    """The way back to the list that a page belongs to."""
    return part("crumb", label=label, href=href)


@register.simple_block_tag
def section(content: str, title: str, lead: str = "", id: str = "") -> SafeString:
    return part("section", content=content, title=title, lead=lead, id=id)


@register.simple_block_tag
def card(content: str, title: str = "", lead: str = "", href: str = "") -> SafeString:
    return part("card", content=content, title=title, lead=lead, href=href)


@register.simple_block_tag
def notice(content: str, signal: str = "info", title: str = "") -> SafeString:
    return part("notice", content=content, signal=signal, title=title)


@register.simple_block_tag
def actions(content: str) -> SafeString:
    return format_html('<div class="actions">{}</div>', content)


@register.simple_block_tag
def definitions(content: str) -> SafeString:
    return format_html('<dl class="definitions">{}</dl>', content)


@register.simple_tag
def term(word: str, value: object = None) -> SafeString:
    shown = rules.UNKNOWN if value is None or value == "" else value
    return format_html("<div><dt>{}</dt><dd>{}</dd></div>", word, shown)


@register.simple_block_tag
def timeline(content: str) -> SafeString:
    return format_html('<ol class="timeline">{}</ol>', content)


@register.simple_block_tag
def entry(content: str, at: datetime, title: str, signal: str = "", href: str = "") -> SafeString:
    return part("entry", content=content, at=at, title=title, signal=signal, href=href)


@register.simple_block_tag(takes_context=True)
def confirm(
    context: Mapping[str, Any],
    content: str,
    name: str,
    button: str,
    title: str,
    action: str,
    submit: str,
    typed: str = "",
    kind: str = "stop",
) -> SafeString:
    """A button that opens a question before something that can't be undone; `typed` must then be written."""
    return part(
        "confirm",
        content=content,
        name=name,
        button=button,
        title=title,
        action=action,
        submit=submit,
        typed=typed,
        kind=kind,
        csrf_token=context.get("csrf_token", ""),
    )


@register.simple_block_tag
def live(content: str, url: str, every: int = 2) -> SafeString:
    """A part that htmx fetches again; the server answers 286 when there is nothing more to come."""
    return part("live", content=content, url=url, every=every)


@register.simple_tag
def preview(url: str, title: str) -> SafeString:
    """A page in a sandboxed frame; the same address with dark=1 must give it as shown in the dark."""
    dark_url = f"{url}{'&' if '?' in url else '?'}dark=1"
    return part("preview", url=url, dark_url=dark_url, title=title)


@register.simple_tag
def ticket(
    sport: str, starts_at: datetime, timezone: str, ends_at: datetime | None = None, **words: Any
) -> SafeString:
    """A session's tile like a ticket: the venue's own time, large. words: programme venue gate block row seat category status href."""
    language = reader_language()
    return part(
        "ticket",
        sport=sport,
        starts_at=starts_at,
        day=rules.weekday(starts_at, timezone, language),
        starts=rules.clock(starts_at, timezone, language),
        ends=rules.clock(ends_at, timezone, language) if ends_at else "",
        city=rules.city(timezone, language),
        places=[
            (label, words[key])
            for key, label in (
                ("gate", pgettext("at a venue", "Gate")),
                ("block", pgettext("at a venue", "Block")),
                ("row", pgettext("at a venue", "Row")),
                ("seat", pgettext("at a venue", "Seat")),
                ("category", pgettext("of a ticket", "Category")),
            )
            if words.get(key)
        ],
        **{key: words.get(key, "") for key in ("programme", "venue", "status", "href")},
    )
