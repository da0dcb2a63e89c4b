"""The text part of a mail, made from the same source as the HTML part, with the same links."""

import re
from html.parser import HTMLParser

_BLOCKS = frozenset(
    [
        "p",
        "div",
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
        "pre",
        "table",
        "tr",
        "hr",
    ]
)
_SPACES = re.compile(r"[ \t\r\n]+")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.line = ""
        self.lists: list[int | None] = []
        self.links: list[tuple[str, int]] = []
        self.quote = 0
        self.literal = 0
        self.cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in _BLOCKS:
            self.end_line(gap=tag not in ("li", "tr"))
        if tag == "br":
            self.end_line(gap=False)
        elif tag == "hr":
            self.line = "–" * 20
            self.end_line(gap=True)
        elif tag in ("ul", "ol"):
            self.lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self.line = self._bullet()
        elif tag == "blockquote":
            self.quote += 1
        elif tag == "pre":
            self.literal += 1
        elif tag == "tr":
            self.cells = 0
        elif tag in ("td", "th"):
            self.line = f"{self.line.rstrip()} | " if self.cells else self.line
            self.cells += 1
        elif tag == "a":
            self.links.append((values.get("href") or "", len(self.line)))
        elif tag == "img" and values.get("alt"):
            self.line += f"[{values['alt']}]"

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self.links:
            address, start = self.links.pop()
            label = self.line[start:].strip()
            if address:
                self.line = f"{self.line.rstrip()} <{address}>" if label else f"{self.line}<{address}>"
        if tag in _BLOCKS:
            self.end_line(gap=tag not in ("li", "tr"))
        if tag in ("ul", "ol") and self.lists:
            self.lists.pop()
        elif tag == "blockquote":
            self.quote = max(0, self.quote - 1)
        elif tag == "pre":
            self.literal = max(0, self.literal - 1)

    def handle_data(self, data: str) -> None:
        if self.literal:
            *whole, rest = data.split("\n")
            for line in whole:
                self.line += line
                self.end_line(gap=False)
            self.line += rest
            return
        data = _SPACES.sub(" ", data)
        if not self.line or self.line.endswith(" "):
            data = data.lstrip(" ")
        self.line += data

    def end_line(self, *, gap: bool) -> None:
        line = self.line.rstrip()
        if line:
            self.lines.append("> " * self.quote + line)
            # a link that spans lines is closed where its line ends
            self.links = [(address, 0) for address, _start in self.links]
        self.line = ""
        if gap and self.lines and self.lines[-1]:
            self.lines.append("")

    def _bullet(self) -> str:
        depth = "  " * max(0, len(self.lists) - 1)
        if self.lists and self.lists[-1] is not None:
            self.lists[-1] += 1
            return f"{depth}{self.lists[-1]}. "
        return f"{depth}– "


def text_of(html: str) -> str:
    """The words of a piece of HTML: paragraphs apart by an empty line, links as `label <address>`."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.end_line(gap=False)
    return "\n".join(reader.lines).strip()
