"""Writing what was read anew: as MJML for mrml, and as plain text."""

from html import escape

import nh3

from tifo.content.rules.mjml.tree import Node
from tifo.content.rules.mjml.vocabulary import CELLS, HTML, STYLES, WORDS
from tifo.content.rules.plaintext import text_of


def write(node: Node) -> str:
    """The element as MJML, its words sanitised."""
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in node.attributes.items())
    inner = clean("".join(node.html)) if node.name in WORDS else "".join(map(write, node.children))
    return f"<{node.name}{attributes}>{inner}</{node.name}>" if inner else f"<{node.name}{attributes} />"


def clean(html: str) -> str:
    """HTML without anything that may not stand in a mail."""
    # a bare <tr> is lost outside a table, as every HTML parser does: fence it while it is cleaned
    rows = html.lstrip().startswith(("<tr", "<thead", "<tbody"))
    cleaned = nh3.clean(
        f"<table>{html}</table>" if rows else html,
        tags=set(HTML),
        attributes={
            "*": set(CELLS),
            "a": {"href"},
            "img": {"src", "alt"},
        },
        filter_style_properties=set(STYLES),
        link_rel=None,
    )
    return cleaned.removeprefix("<table>").removesuffix("</table>") if rows else cleaned


def texts(node: Node, out: list[str]) -> None:
    """Add what the plain text part says of the element to `out`."""
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
        texts(child, out)
