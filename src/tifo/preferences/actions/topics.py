"""What can be liked."""

from collections.abc import Iterable

from django.db import transaction

from tifo.kernel.public import Refused
from tifo.kernel.public import sentence as _
from tifo.preferences.models import Topic as TopicRow
from tifo.preferences.rules import checked_slug
from tifo.preferences.types import KINDS, Topic


def ensure_topics(topics: Iterable[str | Topic]) -> dict[str, int]:
    """Make those that are not there yet; the id of each by its slug. What is there keeps its kind and names."""
    wanted: dict[str, Topic] = {}
    for topic in topics:
        slug = checked_slug(topic if isinstance(topic, str) else topic.slug)
        wanted.setdefault(slug, Topic(slug) if isinstance(topic, str) else topic)
    with transaction.atomic():
        known = dict(TopicRow.objects.filter(slug__in=wanted).values_list("slug", "id"))
        fresh = [_row(slug, topic) for slug, topic in wanted.items() if slug not in known]
        if fresh:
            TopicRow.objects.bulk_create(fresh, ignore_conflicts=True)  # another may make the same just now
            known = dict(TopicRow.objects.filter(slug__in=wanted).values_list("slug", "id"))
    return known


def _row(slug: str, topic: Topic) -> TopicRow:
    if topic.kind not in KINDS:
        raise Refused(
            _(
                "%(kind)r is no kind of topic: write one of %(kinds)s.",
                kind=topic.kind,
                kinds=", ".join(KINDS),
            )
        )
    return TopicRow(slug=slug, kind=topic.kind, names=dict(topic.names))


def save_topic(topic: Topic) -> None:
    """Make a topic, or give it another kind and other names."""
    row = _row(checked_slug(topic.slug), topic)
    TopicRow.objects.update_or_create(slug=row.slug, defaults={"kind": row.kind, "names": row.names})
