"""Fixtures that these tests share with those of the rooms: a prepared base, and what one clean import makes of it."""

from tests.registry.test_crash import clean, prepared

__all__ = ["clean", "prepared"]
