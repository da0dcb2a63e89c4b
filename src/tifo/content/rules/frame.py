"""The frame of the newsletter, written as MJML: one column of 600 px, a tile per slot, a ticket per session."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import nh3

from tifo.content.rules.colour import (
    CARD,
    DARK_CARD,
    DARK_INK,
    DARK_LINE,
    DARK_PAGE,
    DARK_QUIET,
    INK,
    LINE,
    PAGE,
    QUIET,
    Palette,
    palette,
)
from tifo.content.rules.pieces import Button, Picture, Piece, Sections, Words
from tifo.content.rules.wording import Wording
from tifo.content.types import MailingLook

FONT = (
    "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Noto Sans', sans-serif"
)
_GAP = '<mj-raw><div style="height:12px;line-height:12px;font-size:1px">&#8202;</div></mj-raw>'
_BAND = (0, 2, 1, 3, 0, 1, 4, 2, 0, 3, 1, 0, 2, 4, 1, 0, 3, 2, 0, 1)
_FILLER = "&#847;&zwnj;&nbsp;" * 60
_LINK = re.compile(r"<a (?![^>]*style=)")
_TAGS = frozenset(
    [
        "a",
        "b",
        "strong",
        "i",
        "em",
        "s",
        "del",
        "br",
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "blockquote",
        "code",
        "pre",
        "hr",
        "img",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    ]
)


@dataclass(frozen=True, slots=True)
class TicketMarks:
    """Marks of what the frame itself shows of a ticket."""

    sport: str
    venue: str
    time: str
    date: str
    around: str
    places: str


@dataclass(frozen=True, slots=True)
class Tile:
    """One slot's content. `ticket` makes it a ticket, fenced by the two marks of `fence` for repeating."""

    pieces: Sequence[Piece]
    language: str
    direction: str
    ticket: TicketMarks | None = None
    fence: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Footer:
    """Marks of the footer's addresses, and its sentence."""

    preferences: str
    unsubscribe: str
    why: str
    pixel: str


def newsletter(
    tiles: Sequence[Tile], look: MailingLook, words: Wording, *, preheader: str, footer: Footer
) -> str:
    """The whole message as MJML. `preheader` is escaped already; marks stay as they are."""
    colours = palette(look.accent)
    body = "".join(_tile(tile, number, colours, words) for number, tile in enumerate(tiles))
    start, _end = _sides(words.direction)
    return (
        f'<mjml lang="{escape(words.language)}" dir="{words.direction}"><mj-head><mj-title>{escape(look.event_name)}</mj-title>'
        f"<mj-preview>{preheader}{_FILLER}</mj-preview>"
        f'<mj-attributes><mj-all font-family="{escape(FONT)}" /><mj-section padding="0" /><mj-column padding="0" direction="{words.direction}" />'
        f'<mj-text padding="0 32px" font-size="17px" line-height="1.5" color="{INK}" align="{start}" />'
        f'<mj-image padding="0" /><mj-divider padding="16px 32px" border-width="1px" border-color="{LINE}" /></mj-attributes>'
        f'<mj-raw><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"></mj-raw>'
        f"<mj-style>{_style(colours)}</mj-style></mj-head>"
        f'<mj-body width="600px" background-color="{PAGE}" css-class="page">'
        f"{_masthead(look, colours)}{body}{_footer(look, words, footer)}"
        f"</mj-body></mjml>"
    )


def _sides(direction: str) -> tuple[str, str]:
    return ("right", "left") if direction == "rtl" else ("left", "right")


def _style(colours: Palette) -> str:
    dark = (
        f"body,.page{{background-color:{DARK_PAGE} !important}}"
        f".tile,.tile>table{{background:{DARK_CARD} !important;background-color:{DARK_CARD} !important}}"
        f".ink div,.ink th,.ink td,.ink h1,.ink h2,.ink h3,.tile .plain div{{color:{DARK_INK} !important}}"
        f".quiet div,.quiet td,.quiet span,.ink td span{{color:{DARK_QUIET} !important}}"
        f".ink a,.quiet a{{color:{colours.dark_ink} !important}}"
        f".perforation p{{border-top-color:{DARK_LINE} !important}}"
    )
    return (
        ":root{color-scheme:light dark;supported-color-schemes:light dark}"
        "@media only screen and (max-width:480px){.page{padding:0 8px !important}"
        ".in{padding-left:20px !important;padding-right:20px !important}.time div{font-size:44px !important}"
        ".ink h1{font-size:26px !important}}"
        f"@media (prefers-color-scheme:dark){{{dark}}}"
        f"[data-ogsb] .tile{{background-color:{DARK_CARD} !important}}"
    )


def _masthead(look: MailingLook, colours: Palette) -> str:
    cells = "".join(
        f'<td bgcolor="{colours.tints[tint]}" style="height:10px;line-height:10px;font-size:1px;background:{colours.tints[tint]}">&#8202;</td>'
        for tint in _BAND
    )
    return (
        f'<mj-raw><div style="height:20px;line-height:20px;font-size:1px">&#8202;</div></mj-raw>'
        f'<mj-section background-color="{colours.accent}" border-radius="14px" css-class="masthead"><mj-column>'
        f'<mj-text css-class="in" padding="24px 32px 20px" font-size="20px" font-weight="700" line-height="1.2" letter-spacing="-0.2px" color="{colours.on}">{escape(look.event_name)}</mj-text>'
        f'<mj-table padding="0" cellspacing="0" cellpadding="0" width="100%" table-layout="fixed"><tr>{cells}</tr></mj-table>'
        f"</mj-column></mj-section>{_GAP}"
    )


def _tile(tile: Tile, number: int, colours: Palette, words: Wording) -> str:
    start, _end = _sides(tile.direction)
    if len(tile.pieces) == 1 and isinstance(tile.pieces[0], Sections) and tile.ticket is None:
        inner = tile.pieces[0].mjml
        tint = f'style="color:{colours.ink}" '
        made = f'<mj-wrapper background-color="{CARD}" border-radius="14px" padding="8px 0" css-class="tile">{_LINK.sub("<a " + tint, inner).replace("<mj-text", "<mj-text css-class=" + chr(34) + "ink in" + chr(34))}</mj-wrapper>'
        return made + _GAP
    sections = "".join(piece.mjml for piece in tile.pieces if isinstance(piece, Sections))
    parts = [] if tile.ticket is None else _ticket(tile.ticket, colours, words)
    pieces = [piece for piece in tile.pieces if not isinstance(piece, Sections)]
    differs = tile.language != words.language
    for position, piece in enumerate(pieces):
        top = 26 if position == 0 and tile.ticket is None else 0
        if position == 0 and isinstance(piece, Picture):
            top = 0 if tile.ticket is None else 8
        parts.append(_piece(piece, top, start, tile if differs else None, colours, first=number == 0))
    body = "".join(parts)
    if pieces and not isinstance(pieces[-1], Picture):
        body += '<mj-spacer height="20px" />'
    made = (
        f'<mj-section background-color="{CARD}" border-radius="14px" css-class="tile"><mj-column>{body}</mj-column></mj-section>'
        if body
        else ""
    )
    if sections:  # MJML in a repeated slot stands below the ticket's own head
        made += f'<mj-wrapper background-color="{CARD}" border-radius="14px" padding="8px 0" css-class="tile">{sections}</mj-wrapper>'
    before, after = tile.fence
    return f"<mj-raw>{before}</mj-raw>{made}{_GAP}<mj-raw>{after}</mj-raw>" if before else made + _GAP


def _piece(piece: Piece, top: int, start: str, differs: Tile | None, colours: Palette, *, first: bool) -> str:
    if isinstance(piece, Words):
        html = polish(piece.html, colours, start=start, first=first)
        if differs:
            html = f'<div lang="{escape(differs.language)}" dir="{differs.direction}">{html}</div>'
        return f'<mj-text css-class="ink in" padding="{top}px 32px 0" align="{start}">{html}</mj-text>'
    if isinstance(piece, Button):
        return (
            f'<mj-button css-class="in" href="{piece.href}" align="{start}" padding="{top or 6}px 32px 14px" inner-padding="14px 24px" '
            f'background-color="{colours.accent}" color="{colours.on}" border-radius="8px" font-size="17px" font-weight="600" line-height="1.2">'
            f"{polish(piece.label, colours, start=start)}</mj-button>"
        )
    if isinstance(piece, Picture):
        href = f' href="{piece.href}"' if piece.href else ""
        return f'<mj-image src="{piece.source}" alt="{escape(piece.alt)}"{href} padding="{top}px 0 20px" fluid-on-mobile="true" font-size="15px" color="{QUIET}" />'
    return ""


def _ticket(ticket: TicketMarks, colours: Palette, words: Wording) -> list[str]:
    start, _end = _sides(words.direction)
    return [
        f'<mj-text css-class="in" container-background-color="{colours.accent}" padding="12px 32px" font-size="15px" font-weight="700" line-height="1.3" color="{colours.on}" align="{start}">{ticket.sport}</mj-text>',
        f'<mj-text css-class="ink in time" padding="20px 32px 0" font-size="52px" font-weight="700" line-height="1.05" letter-spacing="-1.5px" align="{start}">{ticket.time}</mj-text>',
        f'<mj-text css-class="ink in" padding="8px 32px 0" font-size="17px" font-weight="600" line-height="1.35" align="{start}">{ticket.date}<br />{ticket.venue}</mj-text>',
        f'<mj-text css-class="quiet in" padding="4px 32px 0" font-size="14px" line-height="1.4" color="{QUIET}" align="{start}">{ticket.around}</mj-text>',
        f'<mj-divider css-class="perforation in" padding="16px 32px 14px" border-width="2px" border-style="dashed" border-color="{LINE}" />',
        f'<mj-table css-class="ink in" padding="0 32px 12px" width="auto" line-height="1.25" color="{INK}" align="{start}"><tr>{ticket.places}</tr></mj-table>',
    ]


def place_cell(label: str, value: str, *, rtl: bool) -> tuple[str, str]:
    """The HTML before and after a value in the ticket's row of gate, block, row and seat."""
    side = "left" if rtl else "right"
    near = "right" if rtl else "left"
    return (
        f'<td valign="top" style="padding:0;padding-{side}:28px;text-align:{near};font-size:22px;font-weight:700;color:{INK}">'
        f'<span style="display:block;font-size:13px;font-weight:400;color:{QUIET}">{escape(label)}</span>{value}',
        "</td>",
    )


def _footer(look: MailingLook, words: Wording, footer: Footer) -> str:
    link = f'style="color:{QUIET};text-decoration:underline"'
    return (
        f'<mj-section><mj-column><mj-text css-class="quiet in" padding="16px 32px 40px" font-size="14px" line-height="1.6" color="{QUIET}" align="center">'
        f"<strong>{escape(look.sender_name)}</strong><br />{escape(footer.why)}<br />"
        f'<a href="{footer.preferences}" {link}>{escape(words["preferences"])}</a> &nbsp;·&nbsp; '
        f'<a href="{footer.unsubscribe}" {link}>{escape(words["unsubscribe"])}</a><br />'
        f"{escape(look.postal_address)}{footer.pixel}</mj-text></mj-column></mj-section>"
    )


def polish(html: str, colours: Palette, *, start: str, first: bool = False) -> str:
    """Sanitised HTML with the styles of the house written into each element."""
    size = 30 if first else 24
    side = "right" if start == "right" else "left"
    cell = (
        f"padding:6px 8px;border-bottom:1px solid {LINE};text-align:{side};vertical-align:top;font-size:16px"
    )
    styles = {
        "a": f"color:{colours.ink};text-decoration:underline",
        "p": "margin:0 0 14px",
        "h1": f"margin:0 0 12px;font-size:{size}px;line-height:1.2;font-weight:700;letter-spacing:-0.4px",
        "h2": "margin:0 0 10px;font-size:22px;line-height:1.25;font-weight:700;letter-spacing:-0.2px",
        "h3": "margin:0 0 8px;font-size:18px;line-height:1.3;font-weight:700",
        "ul": f"margin:0 0 14px;padding:0;padding-{side}:22px",
        "ol": f"margin:0 0 14px;padding:0;padding-{side}:22px",
        "li": "margin:0 0 6px",
        "blockquote": f"margin:0 0 14px;padding:0 14px;border-{side}:4px solid {colours.accent}",
        "hr": f"border:0;border-top:1px solid {LINE};margin:18px 0",
        "code": "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:15px",
        "pre": "margin:0 0 14px;white-space:pre-wrap;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:15px",
        "img": "max-width:100%;height:auto;border:0",
        "table": "width:100%;border-collapse:collapse;margin:0 0 14px",
        "th": cell,
        "td": cell,
    }
    return nh3.clean(
        html,
        tags=set(_TAGS),
        attributes={"a": {"href"}, "img": {"src", "alt"}, "ol": {"start"}},
        set_tag_attribute_values={tag: {"style": style} for tag, style in styles.items()},
        link_rel=None,
    )
