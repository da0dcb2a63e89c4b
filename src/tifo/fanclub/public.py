"""The door of the fan club."""

from tifo.fanclub.actions import (
    account_for,
    answer,
    ask_to_join,
    close_source,
    confirm_answer,
    confirm_joining,
    erase_me,
    forget_old_wishes,
    open_source,
    publish_news,
    take_down_news,
)
from tifo.fanclub.queries import her_sessions, home, news, open_source_named, sources
from tifo.fanclub.types import CLUB, Choice, Home, Joined, NewsText, ShownNews, Source, Wish

__all__ = [
    "CLUB",
    "Choice",
    "Home",
    "Joined",
    "NewsText",
    "ShownNews",
    "Source",
    "Wish",
    "account_for",
    "answer",
    "ask_to_join",
    "close_source",
    "confirm_answer",
    "confirm_joining",
    "erase_me",
    "forget_old_wishes",
    "her_sessions",
    "home",
    "news",
    "open_source",
    "open_source_named",
    "publish_news",
    "sources",
    "take_down_news",
]
