"""The door of the fan club."""

from tifo.fanclub.actions import (
    account_for,
    answer,
    ask_to_join,
    confirm_answer,
    confirm_joining,
    erase_me,
    forget_old_wishes,
)
from tifo.fanclub.queries import her_sessions, home
from tifo.fanclub.types import CLUB, Choice, Home, Joined, Wish

__all__ = [
    "CLUB",
    "Choice",
    "Home",
    "Joined",
    "Wish",
    "account_for",
    "answer",
    "ask_to_join",
    "confirm_answer",
    "confirm_joining",
    "erase_me",
    "forget_old_wishes",
    "her_sessions",
    "home",
]
