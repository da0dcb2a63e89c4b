"""Reading MJML: mrml drops what it does not know without a word, so every element and attribute is checked here."""

import difflib
from html import escape
from html.parser import HTMLParser

from tifo.content.rules.mjml.tree import Node
from tifo.content.rules.mjml.vocabulary import CELLS, CONTENT, ELEMENTS, HTML, VALUE, VOID, WORDS
from tifo.content.rules.pieces import Url, address_fault, register
from tifo.content.rules.tags import MARK_START, Fault, TagUse
from tifo.kernel.public import sentence as _


class Reader(HTMLParser):
    """Reads MJML into a tree of nodes; whatever is not known becomes a fault."""

    def __init__(self, marks: list[TagUse | Url], faults: list[Fault]) -> None:
        super().__init__(convert_charrefs=False)
        self.marks, self.faults = marks, faults
        self.root = Node("block", {}, 1)
        self.open = [self.root]
        self.inside: list[str] = []  # HTML elements open within words
        self.bare = 0

    def fault(self, text: str, mend: str) -> None:
        line, column = self.getpos()
        self.faults.append(Fault(line, column + 1, text, mend))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if self.open[-1].name in WORDS:
            self._html(tag, values)
            return
        if tag not in ELEMENTS:
            self.fault(_("<%(what)s> is not known here", what=tag[:40]), self._near(tag))
            self.open.append(Node(tag, {}, self.getpos()[0]))
            return
        parent = self.open[-1]
        allowed = (
            CONTENT | {"mj-section"} if parent is self.root else ELEMENTS.get(parent.name, (CONTENT,))[0]
        )
        if tag not in allowed and parent.name in ("block", *ELEMENTS):
            where = _("at the top") if parent is self.root else _("in <%(what)s>", what=parent.name)
            self.fault(
                _("<%(what)s> can't stand %(other)s", what=tag, other=where),
                _("there may be %(names)s", names=", ".join(f"<{name}>" for name in sorted(allowed)))
                if allowed
                else _("close <%(what)s> before it, or write <%(what)s … />", what=parent.name),
            )
        node = Node(tag, self._attributes(tag, values), self.getpos()[0])
        parent.children.append(node)
        self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        node = self.open[-1]
        if node.name in WORDS and tag != node.name:
            if tag in VOID:
                return
            if not self.inside or self.inside[-1] != tag:
                self.fault(
                    _("</%(what)s> closes nothing", what=tag[:40]),
                    _("close <%(what)s> first", what=self.inside[-1]) if self.inside else _("take it out"),
                )
                return
            self.inside.pop()
            node.html.append(f"</{tag}>")
            return
        if node is self.root or node.name != tag:
            self.fault(
                _("</%(what)s> closes nothing", what=tag[:40]),
                _("close <%(what)s> first", what=node.name) if node is not self.root else _("take it out"),
            )
            return
        if self.inside:
            self.fault(
                _("<%(what)s> is not closed", what=self.inside[-1]),
                _("write </%(what)s> before </%(other)s>", what=self.inside[-1], other=tag),
            )
            self.inside.clear()
        self.open.pop()

    def handle_data(self, data: str) -> None:
        node = self.open[-1]
        if node.name in WORDS:
            node.html.append(escape(data, quote=False))
        elif data.strip() and node.name in ("block", *ELEMENTS):
            self.fault(
                _("“%(what)s” stands outside a text", what=" ".join(data.split())[:40]),
                _("put words into <mj-text>"),
            )

    def handle_entityref(self, name: str) -> None:
        if self.open[-1].name in WORDS:
            self.open[-1].html.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        if self.open[-1].name in WORDS:
            self.open[-1].html.append(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        self.fault(_("<!%(what)s> can't stand in a block", what=decl[:20]), _("take it out"))

    def handle_pi(self, data: str) -> None:
        self.fault(_("<?%(what)s> can't stand in a block", what=data[:20]), _("take it out"))

    def unknown_decl(self, data: str) -> None:
        self.fault(_("<![%(what)s]> can't stand in a block", what=data[:20]), _("take it out"))

    def _near(self, tag: str) -> str:
        if tag in ("mjml", "mj-body", "mj-head"):
            return _("write only the sections; tifo's frame stands around them")
        close = difflib.get_close_matches(tag, ELEMENTS, n=2, cutoff=0.6)
        if close:
            return _("did you mean %(names)s?", names=", ".join(close))
        return _("known are %(names)s", names=", ".join(ELEMENTS))

    def _attributes(self, tag: str, values: dict[str, str]) -> dict[str, str]:
        good: dict[str, str] = {}
        for name, value in values.items():
            if name not in ELEMENTS[tag][1]:
                close = difflib.get_close_matches(name, ELEMENTS[tag][1], n=1)
                self.fault(
                    _("<%(what)s> has no “%(other)s”", what=tag, other=name[:40]),
                    _("did you mean %(names)s?", names=close[0]) if close else _("take it out"),
                )
            elif name in ("href", "src"):
                good[name] = self._address(value, picture=name == "src")
            elif name == "alt":
                good[name] = value
            elif MARK_START in value:
                self.fault(
                    _("a merge tag stands in “%(what)s”", what=name), _("merge tags stand in words only")
                )
            elif not VALUE.fullmatch(value) or "url(" in value.lower() or "expression(" in value.lower():
                self.fault(
                    _("“%(what)s” can't be the %(other)s", what=value[:40], other=name),
                    _("write a plain size, colour or word"),
                )
            else:
                good[name] = value
        if tag == "mj-image":
            self.bare += not values.get("alt", "").strip()
            if not values.get("src"):
                self.fault(_("<mj-image> has no src"), _('write src="https://…"'))
        if tag == "mj-button" and not values.get("href"):
            self.fault(_("<mj-button> leads nowhere"), _('write href="https://…"'))
        return good

    def _address(self, value: str, *, picture: bool) -> str:
        if wrong := address_fault(value.strip(), picture=picture):
            self.fault(*wrong)
            return "#"
        return register(value.strip(), self.marks, tracked=not picture)

    def _html(self, tag: str, values: dict[str, str]) -> None:
        if tag not in HTML:
            self.fault(
                _("<%(what)s> can't stand in a text", what=tag[:40]),
                _("plain words, links, lists and tables can"),
            )
            return
        kept = []
        for name, value in values.items():
            if name == "href" and tag == "a":
                kept.append(("href", self._address(value, picture=False)))
            elif name == "src" and tag == "img":
                kept.append(("src", self._address(value, picture=True)))
            elif name == "alt" and tag == "img":
                kept.append(("alt", value))
            elif name in CELLS and MARK_START not in value:
                kept.append((name, value))
            else:
                self.fault(
                    _("<%(what)s> can't have “%(other)s” here", what=tag, other=name[:40]), _("take it out")
                )
        if tag == "img":
            self.bare += not values.get("alt", "").strip()
        node = self.open[-1]
        node.html.append(f"<{tag}" + "".join(f' {name}="{escape(value)}"' for name, value in kept) + ">")
        if tag not in VOID:
            self.inside.append(tag)
