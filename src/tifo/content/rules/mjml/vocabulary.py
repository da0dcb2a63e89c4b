"""What may be written in a block of MJML: elements, attributes, the HTML within words, and its styles."""

import re

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
ELEMENTS: dict[str, tuple[frozenset[str], frozenset[str]]] = {  # name: (may hold, attributes)
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
CONTENT = ELEMENTS["mj-column"][0]
WORDS = frozenset({"mj-text", "mj-button", "mj-table"})
HTML = frozenset(
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
VOID = frozenset({"br", "img", "hr"})
STYLES = frozenset(
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
VALUE = re.compile(r"[\w\s#%.,()'+\-/]*")

CELLS = frozenset({"style", "align", "width", "height", "dir", "lang", "colspan", "rowspan", "valign"})
"""Attributes that HTML within words may have."""
