"""Webhooks of mail services, read and checked by django-anymail; we only translate its events."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.signals import EventType, RejectReason
from anymail.webhooks.mailersend import MailerSendTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from django.conf import settings
from django.utils import timezone

from tifo.delivery.ports import NotVouchedFor, Posted
from tifo.delivery.rules.bounces import STATUS, kind_of
from tifo.delivery.types import ServiceReport
from tifo.kernel.public import clock

OLDEST = timedelta(days=10)  # services try again for up to a week

_GONE = (RejectReason.BOUNCED, RejectReason.INVALID)
_OURS = (RejectReason.BLOCKED, RejectReason.SPAM)


def mailgun(posted: Posted) -> Sequence[ServiceReport]:
    """TIFO_MAILGUN_SIGNING_KEY: the HTTP webhook signing key of the account."""
    return _read(MailgunTrackingWebhookView(webhook_signing_key=settings.TIFO_WEBHOOKS["mailgun"]), posted)


def mailersend(posted: Posted) -> Sequence[ServiceReport]:
    """TIFO_MAILERSEND_SIGNING_SECRET: the signing secret of the webhook."""
    return _read(MailerSendTrackingWebhookView(signing_secret=settings.TIFO_WEBHOOKS["mailersend"]), posted)


def postmark(posted: Posted) -> Sequence[ServiceReport]:
    """TIFO_POSTMARK_BASIC_AUTH: `user:password` of the webhook's address; Postmark signs nothing."""
    return _read(PostmarkTrackingWebhookView(webhook_secret=settings.TIFO_WEBHOOKS["postmark"]), posted)


def _read(view: Any, posted: Posted) -> Sequence[ServiceReport]:
    request = cast(Any, posted)  # a request of Django's
    try:
        view.run_validators(request)
    except AnymailWebhookValidationFailure:
        raise NotVouchedFor("forged") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotVouchedFor("unreadable") from None
    try:
        events = [_report(event) for event in view.parse_events(request)]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise NotVouchedFor("unreadable") from None
    return events


def _report(event: Any) -> ServiceReport:
    at: datetime | None = event.timestamp
    if at is not None and timezone.is_naive(at):
        at = timezone.make_aware(at)
    if at is None or clock.now() - at > OLDEST:
        raise NotVouchedFor("old")
    words = " ".join(str(part) for part in (event.mta_response, event.description) if part)
    found = STATUS.search(words)
    status = found[1] if found else ""
    recipient = str(event.recipient or "")
    identity = (
        event.event_id
        or hashlib.sha256(f"{event.event_type} {recipient} {at.isoformat()}".encode()).hexdigest()
    )
    return ServiceReport(
        _kind(event, status, words),
        str(identity)[:200],
        str(event.message_id or "")[:300],
        recipient[:320],
        status,
        words,
    )


def _kind(event: Any, status: str, words: str) -> str:
    kind, reason = event.event_type, event.reject_reason
    if kind == EventType.COMPLAINED:
        return "complaint"
    if kind == EventType.UNSUBSCRIBED:
        return "stop"
    if kind == EventType.DEFERRED:
        return "delayed"
    if kind not in (EventType.BOUNCED, EventType.REJECTED):
        return "unclear"
    if reason in _OURS:
        return "blocked"
    judged = kind_of(status, words)
    # the service says that it is gone, and the words do not say anything else
    return "hard" if judged == "soft" and reason in _GONE and not status else judged
