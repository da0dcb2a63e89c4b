"""A sheet as a browser would send it."""

from html.parser import HTMLParser


class Reader(HTMLParser):
    """Keeps what the fields of the form “sheet” hold."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self.inside, self.open, self.select = False, "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.inside = self.inside or (tag == "form" and found.get("id") == "sheet")
        name = found.get("name") or ""
        if not self.inside:
            return
        if tag == "textarea":
            self.open, self.sent[name] = name, ""
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in found:
            self.open = self.select
            self.sent[self.open] = ""
        elif (
            tag == "input" and name and (found.get("type") not in ("checkbox", "radio") or "checked" in found)
        ):
            self.sent[name] = found.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "form"
        if tag in ("textarea", "option"):
            self.open = ""
        if tag == "select":
            self.select = ""

    def handle_data(self, data: str) -> None:
        if self.open:
            self.sent[self.open] += data.removeprefix("\n") if not self.sent[self.open] else data


def fields_of(page: str) -> dict[str, str]:
    """What a browser would send of the sheet."""
    reader = Reader()
    reader.feed(page)
    return reader.sent
