"""A mail as a reader in the dark sees it: browsers don't hand the choice down to a frame, so its rules are made to hold."""

import re

_DARK = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)", re.IGNORECASE)
_LIGHT = re.compile(r"\(\s*prefers-color-scheme\s*:\s*light\s*\)", re.IGNORECASE)
_SCHEME = "<style>:root{color-scheme:dark}</style>"


def shown_dark(html: str) -> str:
    """The same page with the rules that it has for dark in force, those for light off."""
    dark = _LIGHT.sub("(max-width: 0)", _DARK.sub("(min-width: 0)", html))
    return re.sub(r"</head\s*>", lambda end: _SCHEME + end.group(), dark, count=1, flags=re.IGNORECASE)
