"""Blot out what names a person or opens a door: for logs, and for texts that outlive an erasure."""

import logging
import re
from types import TracebackType

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

_ADDRESS = re.compile(
    r"""[^\s<>"'(),:;=/?&\[\]{}]+(?:@|%40)[^\s<>"'(),:;=/?&\[\]{}@]+\.[^\s<>"'(),:;=/?&\[\]{}@.]+"""
)
_INTERNATIONAL = r"(?:(?<![\w+])\+|%2B)\d(?:[\s().\-/]{0,2}\d){6,14}"
_PHONE_ABROAD = re.compile(_INTERNATIONAL)
_PHONE = re.compile(
    _INTERNATIONAL + r"|(?<![\w.:+-])0\d(?:[\s.\-/]?\d){7,11}(?![\w])"  # national, with the leading zero
    r"|(?<![\w.:])\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}(?!\w)"  # North America
    r"|(?<![\w.:-])\d{10,15}(?![\w.:-])"  # digits alone
)
_SECRET_FIELD = re.compile(
    r"(?i)\b((?:t|token|key|code|secret|password|sessionid|csrftoken|csrfmiddlewaretoken|authorization)"
    r"""["']?\s*[=:]\s*["']?(?:Bearer\s+)?)[^\s&"',;}<>]+"""
)
_RUN = re.compile(r"(?<![\w-])[\w-]{20,}(?![\w-])", re.ASCII)
_WORDS = re.compile(r"[a-z_]+|[A-Z_]+|[a-z-]+|_*(?:[A-Z][a-z]+)+|_*[a-z]+(?:[A-Z][a-z]+)+")


def _run(match: re.Match[str]) -> str:
    return match[0] if _WORDS.fullmatch(match[0]) else "[token]"


def redact(text: str) -> str:
    """`text` with e-mail addresses, phone numbers and tokens replaced by [address], [phone], [token]."""
    text = _ADDRESS.sub("[address]", text)
    text = _SECRET_FIELD.sub(r"\1[token]", text)
    text = _RUN.sub(_run, text)
    return _PHONE.sub("[phone]", text)


def without_addresses(text: str) -> str:
    """`text` with e-mail addresses and international phone numbers blotted out; digits and hashes stay."""
    return _PHONE_ABROAD.sub("[phone]", _ADDRESS.sub("[address]", text))


class RedactingFormatter(logging.Formatter):
    """Formats a log record, traceback included, and then redacts all that was said (not its time and place)."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's name
        record.message = redact(record.message)
        return super().formatMessage(record)

    def formatException(self, ei) -> str:  # type: ignore[no-untyped-def]  # noqa: N802
        return redact(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802  logging's name
        return redact(super().formatStack(stack_info))
