"""Confirmation by typing."""

import unicodedata


def typed_matches(said: str, expected: str) -> bool:
    """Whether what somebody typed is the word asked for; case, outer spaces and composition of letters don't count."""

    def plain(text: str) -> str:
        return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip()).casefold())

    return bool(expected.strip()) and plain(said) == plain(expected)
