"""The door of preferences."""

from tifo.preferences.actions import (
    declare,
    declare_imported,
    ensure_topics,
    fade,
    forget_fan,
    forget_reason,
    forget_source,
    learn,
    save_topic,
)
from tifo.preferences.queries import preferences_of, taught_since, topic, topics
from tifo.preferences.rules import HALF_LIFE_DAYS, WEIGHTS, checked_slug
from tifo.preferences.types import BY_HER, KINDS, Preference, Reason, Taught, Topic

__all__ = [
    "BY_HER",
    "HALF_LIFE_DAYS",
    "KINDS",
    "WEIGHTS",
    "Preference",
    "Reason",
    "Taught",
    "Topic",
    "checked_slug",
    "declare",
    "declare_imported",
    "ensure_topics",
    "fade",
    "forget_fan",
    "forget_reason",
    "forget_source",
    "learn",
    "preferences_of",
    "save_topic",
    "taught_since",
    "topic",
    "topics",
]
