"""Each write of the fan club: one verb, one transaction."""

from tifo.fanclub.actions.answers import answer, confirm_answer, refuse, refuse_all
from tifo.fanclub.actions.joining import (
    account_for,
    ask_to_join,
    confirm_joining,
    forget_old_wishes,
)
from tifo.fanclub.actions.leaving import erase_me, everything_about, forget_traces, leave
from tifo.fanclub.actions.news import publish_news, take_down_news
from tifo.fanclub.actions.sources import close_source, open_source
from tifo.fanclub.actions.tastes import say_tastes
from tifo.fanclub.actions.telling import tell_facts

__all__ = [
    "account_for",
    "answer",
    "ask_to_join",
    "close_source",
    "confirm_answer",
    "confirm_joining",
    "erase_me",
    "everything_about",
    "forget_old_wishes",
    "forget_traces",
    "leave",
    "open_source",
    "publish_news",
    "refuse",
    "refuse_all",
    "say_tastes",
    "take_down_news",
    "tell_facts",
]
