"""Hearing mail services: what they post counts only under their signature, and is answered with 2xx only when kept."""

from django.conf import settings
from django.utils.module_loading import import_string

from tifo.delivery.actions.feedback import count_inbound, hear_service
from tifo.delivery.ports import NotVouchedFor, Posted, Webhook
from tifo.kernel.public import Refused

ADAPTERS = {
    "signed": "tifo.delivery.adapters.signed.read",
    "mailgun": "tifo.delivery.adapters.anymail.mailgun",
    "mailersend": "tifo.delivery.adapters.anymail.mailersend",
    "postmark": "tifo.delivery.adapters.anymail.postmark",
}


def hear_webhook(service: str, posted: Posted) -> str:
    """Take in what a service posted: "" when it is durable, else why not: forged, old, unreadable, of which only a
    count is kept. Raises Refused for a service that the settings do not name."""
    if service not in ADAPTERS or not settings.TIFO_WEBHOOKS[service]:
        raise Refused(f"No mail service {service[:20]!r} is heard here.")
    read: Webhook = import_string(ADAPTERS[service])
    try:
        said = read(posted)
    except NotVouchedFor as error:
        count_inbound(service, error.why)
        return error.why
    hear_service(said, service)
    return ""
