"""What fans like, and why we believe it."""

from collections import defaultdict
from datetime import datetime

from django.db.models import Count
from django.utils.translation import get_language, gettext

from tifo.kernel.public import clock
from tifo.preferences import models
from tifo.preferences.rules import learnt
from tifo.preferences.types import BY_HER, Preference, Reason, Taught, Topic
from tifo.ui.public import day

MOST_REASONS = 50
"""Pieces of evidence shown for a topic, latest first."""


def _topic(row: models.Topic) -> Topic:
    return Topic(row.slug, row.kind, row.names)


def topics(kind: str = "") -> list[Topic]:
    """All that can be liked, or those of one kind, by slug."""
    rows = models.Topic.objects.order_by("slug")
    return [_topic(row) for row in (rows.filter(kind=kind) if kind else rows)]


def topic(slug: str) -> Topic | None:
    """One topic."""
    row = models.Topic.objects.filter(slug=slug).first()
    return None if row is None else _topic(row)


def taught_since(moment: datetime) -> list[Taught]:
    """What was learnt since then, by topic and kind of act, most fans first; what a fan forgot does not count."""
    told = models.Evidence.objects.filter(at__gte=moment, forgotten=False).values("topic", "source")
    counts = list(told.annotate(fans=Count("fan_id", distinct=True)).order_by("-fans", "topic", "source"))
    named = models.Topic.objects.in_bulk({row["topic"] for row in counts})
    return [Taught(_topic(named[row["topic"]]), row["source"], row["fans"]) for row in counts]


def preferences_of(fan_id: int) -> list[Preference]:
    """What a fan likes, most first, with reasons in the reader's language; topics of which nothing is known are left
    out. What she took back is there while something else was learnt."""
    moment = clock.now()
    evidence = defaultdict(list)
    for piece in models.Evidence.objects.filter(fan_id=fan_id, forgotten=False).order_by("-at", "-id"):
        evidence[piece.topic_id].append(piece)
    found = []
    rows = models.Preference.objects.filter(fan_id=fan_id).select_related("topic")
    for row in rows:
        pieces = evidence[row.topic_id]
        if row.declared is None and not pieces:
            continue
        found.append(
            Preference(
                _topic(row.topic),
                row.score,
                row.declared is not None,
                learnt(row.mass, moment),
                (*_declared(row), *(_learnt(piece, row) for piece in pieces[:MOST_REASONS])),
            )
        )
    return sorted(found, key=lambda one: (-one.score, one.topic.slug))


def _declared(row: models.Preference) -> tuple[Reason, ...]:
    if row.declared is None or row.declared_at is None:
        return ()
    if row.declared_source == BY_HER:
        text = gettext("because you told us on %(day)s")
    else:
        text = gettext("because you told us on %(day)s (%(source)s)")
    said = {
        "day": day(row.declared_at, language=get_language() or "en"),
        "source": row.declared_source.removeprefix("import:"),
    }
    return (Reason(None, row.declared_source, row.declared_at, 1.0, text % said),)


def _learnt(piece: models.Evidence, row: models.Preference) -> Reason:
    texts = {
        "click": gettext("because you clicked on something about %(topic)s on %(day)s"),
        "quiz": gettext("because you answered a quiz about %(topic)s on %(day)s"),
        "quest": gettext("because you took part in something about %(topic)s on %(day)s"),
        "survey": gettext("because you answered a questionnaire on %(day)s"),
        "ticket": gettext("because you hold a ticket for %(topic)s"),
    }
    text = texts.get(piece.source, gettext("because of what you did on %(day)s"))
    said = {
        "topic": _topic(row.topic).name(get_language() or "en"),
        "day": day(piece.at, language=get_language() or "en"),
    }
    share = piece.mass / row.mass if row.mass else 0.0
    return Reason(piece.pk, piece.source, piece.at, min(1.0, share), text % said)
