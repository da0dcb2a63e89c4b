"""Every write of this context."""

from tifo.preferences.actions.declaring import declare, declare_imported
from tifo.preferences.actions.fading import fade
from tifo.preferences.actions.forgetting import forget_fan, forget_reason, forget_source
from tifo.preferences.actions.learning import learn
from tifo.preferences.actions.topics import ensure_topics, save_topic

__all__ = [
    "declare",
    "declare_imported",
    "ensure_topics",
    "fade",
    "forget_fan",
    "forget_reason",
    "forget_source",
    "learn",
    "save_topic",
]
