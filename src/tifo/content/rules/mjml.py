"""MJML as communicators may write it: read, checked and written anew by us.

mrml drops what it does not know without a word, so every element and attribute is checked here first.
"""

import difflib
import re
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

import nh3

from tifo.content.rules.pieces import Rendered, Sections, Url, address_fault, register
from tifo.content.rules.plaintext import text_of
from tifo.content.rules.tags import MARK_START, Fault, TagUse

_BOX = frozenset(
    [
        "padding",
        "padding-top",
        "padding-bottom",
        "padding-left",
        "padding-right",
        "container-background-color",
    ]
)
_FONT = frozenset(
    [
        "color",
        "font-size",
        "font-weight",
        "font-style",
        "line-height",
        "letter-spacing",
        "align",
        "text-transform",
    ]
)
_BORDER = frozenset(["border", "border-radius", "border-top", "border-bottom", "border-left", "border-right"])
_ELEMENTS: dict[str, tuple[frozenset[str], frozenset[str]]] = {  # name: (may hold, attributes)
    "mj-section": (
        frozenset({"mj-column", "mj-group"}),
        _BOX | _BORDER | {"background-color", "text-align", "direction"},
    ),
    "mj-group": (
        frozenset({"mj-column"}),
        frozenset({"width", "background-color", "vertical-align", "direction"}),
    ),
    "mj-column": (
        frozenset({"mj-text", "mj-button", "mj-image", "mj-divider", "mj-spacer", "mj-table"}),
        _BOX | _BORDER | {"width", "background-color", "inner-background-color", "vertical-align"},
    ),
    "mj-text": (frozenset(), _BOX | _FONT | {"height", "text-decoration"}),
    "mj-button": (
        frozenset(),
        _BOX
        | _FONT
        | _BORDER
        | {"href", "background-color", "inner-padding", "width", "height", "text-decoration"},
    ),
    "mj-table": (frozenset(), _BOX | _FONT | {"width", "table-layout", "border"}),
    "mj-image": (
        frozenset(),
        _BOX | _BORDER | {"src", "href", "alt", "width", "height", "align", "fluid-on-mobile"},
    ),
    "mj-divider": (frozenset(), _BOX | {"border-color", "border-style", "border-width", "width", "align"}),
    "mj-spacer": (frozenset(), _BOX | {"height"}),
}
_CONTENT = _ELEMENTS["mj-column"][0]
_WORDS = frozenset({"mj-text", "mj-button", "mj-table"})
_HTML = frozenset(
    [
        "a",
        "b",
        "strong",
        "i",
        "em",
        "u",
        "s",
        "br",
        "p",
        "div",
        "span",
        "h1",
        "h2",
        "h3",
        "h4",
        "ul",
        "ol",
        "li",
        "table",
        "thead",
        "tbody",
        "tr",
        "td",
        "th",
        "blockquote",
        "sub",
        "sup",
        "small",
        "img",
        "hr",
        "code",
        "pre",
    ]
)
_VOID = frozenset({"br", "img", "hr"})
_STYLES = frozenset(
    [
        "color",
        "background-color",
        "font-size",
        "font-weight",
        "font-style",
        "text-align",
        "text-decoration",
        "line-height",
        "letter-spacing",
        "margin",
        "margin-top",
        "margin-bottom",
        "margin-left",
        "margin-right",
        "padding",
        "padding-top",
        "padding-bottom",
        "padding-left",
        "padding-right",
        "border",
        "border-radius",
        "width",
        "vertical-align",
        "text-transform",
        "direction",
    ]
)
_VALUE = re.compile(r"[\w\s#%.,()'+\-/]*")


@dataclass
class _Node:
    name: str
    attributes: dict[str, str]
    line: int
    children: list["_Node"] = field(default_factory=list)
    html: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self, marks: list[TagUse | Url], faults: list[Fault]) -> None:
        super().__init__(convert_charrefs=False)
        self.marks, self.faults = marks, faults
        self.root = _Node("block", {}, 1)
        self.open = [self.root]
        self.inside: list[str] = []  # HTML elements open within words
        self.bare = 0

    def fault(self, text: str, mend: str) -> None:
        line, column = self.getpos()
        self.faults.append(Fault(line, column + 1, text, mend))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if self.open[-1].name in _WORDS:
            self._html(tag, values)
            return
        if tag not in _ELEMENTS:
            self.fault(f"<{tag[:40]}> is not known here", self._near(tag))
            self.open.append(_Node(tag, {}, self.getpos()[0]))
            return
        parent = self.open[-1]
        allowed = (
            _CONTENT | {"mj-section"} if parent is self.root else _ELEMENTS.get(parent.name, (_CONTENT,))[0]
        )
        if tag not in allowed and parent.name in ("block", *_ELEMENTS):
            where = "at the top" if parent is self.root else f"in <{parent.name}>"
            self.fault(
                f"<{tag}> can't stand {where}",
                "there may be " + ", ".join(f"<{name}>" for name in sorted(allowed))
                if allowed
                else f"close <{parent.name}> before it, or write <{parent.name} … />",
            )
        node = _Node(tag, self._attributes(tag, values), self.getpos()[0])
        parent.children.append(node)
        self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        node = self.open[-1]
        if node.name in _WORDS and tag != node.name:
            if tag in _VOID:
                return
            if not self.inside or self.inside[-1] != tag:
                self.fault(
                    f"</{tag[:40]}> closes nothing",
                    f"close <{self.inside[-1]}> first" if self.inside else "take it out",
                )
                return
            self.inside.pop()
            node.html.append(f"</{tag}>")
            return
        if node is self.root or node.name != tag:
            self.fault(
                f"</{tag[:40]}> closes nothing",
                f"close <{node.name}> first" if node is not self.root else "take it out",
            )
            return
        if self.inside:
            self.fault(f"<{self.inside[-1]}> is not closed", f"write </{self.inside[-1]}> before </{tag}>")
            self.inside.clear()
        self.open.pop()

    def handle_data(self, data: str) -> None:
        node = self.open[-1]
        if node.name in _WORDS:
            node.html.append(escape(data, quote=False))
        elif data.strip() and node.name in ("block", *_ELEMENTS):
            self.fault(f"“{' '.join(data.split())[:40]}” stands outside a text", "put words into <mj-text>")

    def handle_entityref(self, name: str) -> None:
        if self.open[-1].name in _WORDS:
            self.open[-1].html.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        if self.open[-1].name in _WORDS:
            self.open[-1].html.append(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        self.fault(f"<!{decl[:20]}> can't stand in a block", "take it out")

    def handle_pi(self, data: str) -> None:
        self.fault(f"<?{data[:20]}> can't stand in a block", "take it out")

    def unknown_decl(self, data: str) -> None:
        self.fault(f"<![{data[:20]}]> can't stand in a block", "take it out")

    def _near(self, tag: str) -> str:
        if tag in ("mjml", "mj-body", "mj-head"):
            return "write only the sections; tifo's frame stands around them"
        close = difflib.get_close_matches(tag, _ELEMENTS, n=2, cutoff=0.6)
        return "did you mean " + " or ".join(close) + "?" if close else "known are " + ", ".join(_ELEMENTS)

    def _attributes(self, tag: str, values: dict[str, str]) -> dict[str, str]:
        good: dict[str, str] = {}
        for name, value in values.items():
            if name not in _ELEMENTS[tag][1]:
                close = difflib.get_close_matches(name, _ELEMENTS[tag][1], n=1)
                self.fault(
                    f"<{tag}> has no “{name[:40]}”", f"did you mean {close[0]}?" if close else "take it out"
                )
            elif name in ("href", "src"):
                good[name] = self._address(value, picture=name == "src")
            elif name == "alt":
                good[name] = value
            elif MARK_START in value:
                self.fault(f"a merge tag stands in “{name}”", "merge tags stand in words only")
            elif not _VALUE.fullmatch(value) or "url(" in value.lower() or "expression(" in value.lower():
                self.fault(f"“{value[:40]}” can't be the {name}", "write a plain size, colour or word")
            else:
                good[name] = value
        if tag == "mj-image":
            self.bare += not values.get("alt", "").strip()
            if not values.get("src"):
                self.fault("<mj-image> has no src", 'write src="https://…"')
        if tag == "mj-button" and not values.get("href"):
            self.fault("<mj-button> leads nowhere", 'write href="https://…"')
        return good

    def _address(self, value: str, *, picture: bool) -> str:
        if wrong := address_fault(value.strip(), picture=picture):
            self.fault(*wrong)
            return "#"
        return register(value.strip(), self.marks, tracked=not picture)

    def _html(self, tag: str, values: dict[str, str]) -> None:
        if tag not in _HTML:
            self.fault(f"<{tag[:40]}> can't stand in a text", "plain words, links, lists and tables can")
            return
        kept = []
        for name, value in values.items():
            if name == "href" and tag == "a":
                kept.append(("href", self._address(value, picture=False)))
            elif name == "src" and tag == "img":
                kept.append(("src", self._address(value, picture=True)))
            elif name == "alt" and tag == "img":
                kept.append(("alt", value))
            elif (
                name in ("style", "align", "width", "height", "dir", "lang", "colspan", "rowspan", "valign")
                and MARK_START not in value
            ):
                kept.append((name, value))
            else:
                self.fault(f"<{tag}> can't have “{name[:40]}” here", "take it out")
        if tag == "img":
            self.bare += not values.get("alt", "").strip()
        node = self.open[-1]
        node.html.append(f"<{tag}" + "".join(f' {name}="{escape(value)}"' for name, value in kept) + ">")
        if tag not in _VOID:
            self.inside.append(tag)


def read_mjml(source: str, marks: list[TagUse | Url], faults: list[Fault]) -> Rendered:
    """Check MJML and write it anew as whole sections; words are sanitised. Faults are added to `faults`."""
    reader = _Reader(marks, faults)
    reader.feed(source)
    reader.close()
    for node in reader.open[1:]:
        faults.append(Fault(node.line, 1, f"<{node.name}> is not closed", f"write </{node.name}>"))
    sections: list[str] = []
    loose: list[_Node] = []
    texts: list[str] = []
    for child in [*reader.root.children, None]:
        if child is not None and child.name in _CONTENT:
            loose.append(child)
            continue
        if loose:
            inner = "".join(map(_write, loose))
            sections.append(f'<mj-section padding="24px 0"><mj-column>{inner}</mj-column></mj-section>')
            loose = []
        if child is not None:
            sections.append(_write(child))
    for node in reader.root.children:
        _texts(node, texts)
    mjml = "".join(sections)
    return Rendered(
        (Sections(mjml),) if mjml else (),
        "\n\n".join(filter(None, texts)),
        tuple(marks),
        tuple(faults),
        reader.bare,
    )


def _write(node: _Node) -> str:
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in node.attributes.items())
    inner = _clean("".join(node.html)) if node.name in _WORDS else "".join(map(_write, node.children))
    return f"<{node.name}{attributes}>{inner}</{node.name}>" if inner else f"<{node.name}{attributes} />"


def _clean(html: str) -> str:
    # a bare <tr> is lost outside a table, as every HTML parser does: fence it while it is cleaned
    rows = html.lstrip().startswith(("<tr", "<thead", "<tbody"))
    cleaned = nh3.clean(
        f"<table>{html}</table>" if rows else html,
        tags=set(_HTML),
        attributes={
            "*": {"style", "align", "width", "height", "dir", "lang", "colspan", "rowspan", "valign"},
            "a": {"href"},
            "img": {"src", "alt"},
        },
        filter_style_properties=set(_STYLES),
        link_rel=None,
    )
    return cleaned.removeprefix("<table>").removesuffix("</table>") if rows else cleaned


def _texts(node: _Node, out: list[str]) -> None:
    if node.name in ("mj-text", "mj-table"):
        inner = "".join(node.html)
        out.append(text_of(f"<table>{inner}</table>" if node.name == "mj-table" else inner))
    elif node.name == "mj-button":
        out.append(f"{text_of(''.join(node.html))} <{node.attributes.get('href', '')}>")
    elif node.name == "mj-image":
        alt = f"[{node.attributes['alt']}]" if node.attributes.get("alt") else ""
        out.append(f"{alt} <{node.attributes['href']}>".strip() if node.attributes.get("href") else alt)
    elif node.name == "mj-divider":
        out.append("–" * 20)
    for child in node.children:
        _texts(child, out)
