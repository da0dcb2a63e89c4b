"""Sessions that are over leave nothing behind."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection

from tifo.kernel.public import clock


def forget_expired() -> None:
    """Delete sessions past their end, what was noted of them (browser, address), and worn-out cache rows."""
    moment = clock.now()
    Session.objects.filter(expire_date__lt=moment).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM accounts_cache WHERE expires < %s",
            [connection.ops.adapt_datetimefield_value(moment)],
        )
