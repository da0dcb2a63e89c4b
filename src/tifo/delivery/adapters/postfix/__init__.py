"""Postfix: what its log says it took."""

from tifo.delivery.adapters.postfix.log import PostfixLog, open_relay_log

__all__ = ["PostfixLog", "open_relay_log"]
