"""A block's text becomes pieces of a tile (HTML, buttons, pictures), its text part, its links and its tags."""

from collections.abc import Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tifo.content.rules.mjml import read_mjml
from tifo.content.rules.pieces import Button, Picture, Piece, Rendered, Url, Words, address_fault, register
from tifo.content.rules.plaintext import text_of
from tifo.content.rules.tags import Fault, TagUse, mark, split
from tifo.content.types import BlockKind


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
    vars(parser)["validateLink"] = lambda _address: True  # we refuse aloud instead of showing it as text
    return parser


_MARKDOWN = _parser()


@lru_cache(maxsize=4096)
def render(kind: BlockKind, source: str, per_ticket: bool) -> Rendered:
    """Make a text ready. `per_ticket`: session and ticket tags are known. Never raises: see `faults`."""
    parts, faults = split(source, per_ticket=per_ticket)
    marks: list[TagUse | Url] = []
    words: list[str] = []
    for part in parts:
        if isinstance(part, TagUse):
            words.append(mark(len(marks)))
            marks.append(part)
        else:
            words.append(part)
    marked = "".join(words)
    if kind == "mjml":
        return read_mjml(marked, marks, faults)
    return _markdown(marked, marks, faults)


def _markdown(source: str, marks: list[TagUse | Url], faults: list[Fault]) -> Rendered:
    tokens = _MARKDOWN.parse(source)
    bare = 0
    for token in tokens:
        line = token.map[0] + 1 if token.map else 1
        for child in token.children or ():
            if child.type == "link_open":
                child.attrs = {"href": _register(str(child.attrs.get("href", "")), line, marks, faults)}
            elif child.type == "image":
                bare += not child.content.strip()
                address = _register(str(child.attrs.get("src", "")), line, marks, faults, picture=True)
                child.attrs = {"src": address, "alt": ""}
    pieces, texts = _pieces(tokens)
    return Rendered(tuple(pieces), "\n\n".join(filter(None, texts)), tuple(marks), tuple(faults), bare)


def _register(
    address: str, line: int, marks: list[TagUse | Url], faults: list[Fault], *, picture: bool = False
) -> str:
    if wrong := address_fault(address, picture=picture):
        faults.append(Fault(line, 1, *wrong))
        return "#"
    return register(address, marks, tracked=not picture)


def _pieces(tokens: Sequence[Token]) -> tuple[list[Piece], list[str]]:
    pieces: list[Piece] = []
    texts: list[str] = []
    run: list[Token] = []

    def close_run() -> None:
        if run:
            html = str(_MARKDOWN.renderer.render(run, _MARKDOWN.options, {}))
            pieces.append(Words(html))
            texts.append(text_of(html))
            run.clear()

    position = 0
    button = False
    while position < len(tokens):
        alone = _alone(tokens, position)
        if isinstance(alone, Picture) or (isinstance(alone, Button) and not button):
            close_run()
            pieces.append(alone)
            if isinstance(alone, Button):
                button = True
                texts.append(f"{text_of(alone.label)} <{alone.href}>")
            else:
                picture = f"[{alone.alt}]" if alone.alt else ""
                texts.append(f"{picture} <{alone.href}>".strip() if alone.href else picture)
            position += 3
        else:
            run.append(tokens[position])
            position += 1
    close_run()
    return pieces, texts


def _alone(tokens: Sequence[Token], position: int) -> Button | Picture | None:
    """A paragraph of the first level that is nothing but one link or one picture."""
    token = tokens[position]
    if token.type != "paragraph_open" or token.level != 0:
        return None
    inside = [
        child
        for child in tokens[position + 1].children or ()
        if child.type != "text" or child.content.strip()
    ]
    if not inside:
        return None
    href = ""
    if inside[0].type == "link_open" and inside[-1].type == "link_close":
        if sum(child.type == "link_open" for child in inside) > 1:
            return None
        href = str(inside[0].attrs["href"])
        inside = inside[1:-1]
    if len(inside) == 1 and inside[0].type == "image":
        return Picture(str(inside[0].attrs["src"]), inside[0].content.strip(), href)
    if href and inside and not any(child.type == "image" for child in inside):
        return Button(str(_MARKDOWN.renderer.render(inside, _MARKDOWN.options, {})), href)
    return None
