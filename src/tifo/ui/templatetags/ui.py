"""`{% load ui %}`: all components. How to write each stands in the README."""

from tifo.ui.components import fields, lists, shown, writing
from tifo.ui.components.library import register

__all__ = ["fields", "lists", "register", "shown", "writing"]
