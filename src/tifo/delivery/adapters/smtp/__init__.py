"""SMTP: a narrow, pipelining client (RFC 5321, 2920, 3030, 3207, 4954, 6152)."""

from tifo.delivery.adapters.smtp.pool import SmtpTransport, open_transport

__all__ = ["SmtpTransport", "open_transport"]
