"""Writing consents."""

from tifo.consents.actions.answers import (
    confirm,
    forget,
    give,
    publish_notice,
    request,
    withdraw,
    withdraw_all,
)
from tifo.consents.actions.imported import record_imported

__all__ = [
    "confirm",
    "forget",
    "give",
    "publish_notice",
    "record_imported",
    "request",
    "withdraw",
    "withdraw_all",
]
