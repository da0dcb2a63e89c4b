"""Which way out the settings name: adapters are found by name, so that a team can change tools."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.module_loading import import_string

from tifo.delivery.ports import Transport
from tifo.kernel.public import Refused

ADAPTERS = {
    "smtp": "tifo.delivery.adapters.smtp.open_transport",
    "smtp+starttls": "tifo.delivery.adapters.smtp.open_transport",
    "smtps": "tifo.delivery.adapters.smtp.open_transport",
}


def open_transport(url: str = "") -> Transport:
    """The transport of TIFO_SMTP_URL (or `url`), ready to hand over; close it when done. Use it in one thread."""
    url = url or settings.TIFO_SMTP_URL
    path = ADAPTERS.get(urlsplit(url).scheme)
    if path is None:
        raise Refused(
            f"TIFO_SMTP_URL={urlsplit(url).scheme}://…: write smtp://, smtp+starttls:// or smtps://."
        )
    opener: Callable[[str], Transport] = import_string(path)
    return opener(url)
