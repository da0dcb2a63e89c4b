"""What the club tells its members on their first page."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction

from tifo.accounts.public import audit
from tifo.fanclub.models import News
from tifo.fanclub.types import NewsText
from tifo.kernel.public import Refused, clock
from tifo.kernel.public import sentence as _

LONGEST_TITLE, LONGEST_TEXT = 120, 1_000


def publish_news(
    texts: Mapping[str, NewsText], *, until: datetime | None = None, link: str = "", actor_id: int | None
) -> int:
    """Members read it from now on, until `until`; its number. `link`: where to read on, here or on a site by https."""
    if "en" not in texts:
        raise Refused(_("news is written in English at least: who reads another language falls back on it"))
    for language, text in texts.items():
        if not 0 < len(text.title) <= LONGEST_TITLE or len(text.text) > LONGEST_TEXT:
            raise Refused(
                _(
                    "%(language)s: a title has 1 to 120 characters, a text at most 1,000",
                    language=language[:12],
                )
            )
    if link and not _leads_somewhere(link):
        raise Refused(_("a link begins with / or https://, such as /sessions/"))
    if until is not None and until <= clock.now():
        raise Refused(_("this news would be over already: choose an end that lies ahead"))
    with transaction.atomic():
        row = News.objects.create(
            texts={language: [text.title, text.text] for language, text in texts.items()},
            published_at=clock.now(),
            until=until,
            link=link,
        )
        audit(actor_id, "fanclub.publish-news", f"news:{row.pk}")
    return row.pk


def take_down_news(news_id: int, *, actor_id: int | None) -> None:
    """Nobody reads it any more."""
    with transaction.atomic():
        if News.objects.filter(pk=news_id, taken_down=False).update(taken_down=True):
            audit(actor_id, "fanclub.take-down-news", f"news:{news_id}")


def _leads_somewhere(link: str) -> bool:
    if len(link) > 500 or any(ord(sign) <= 32 or sign == "\\" for sign in link):
        return False
    if link.startswith("/"):
        return not link.startswith("//")
    parts = urlsplit(link)
    return parts.scheme == "https" and bool(parts.hostname) and parts.username is None
