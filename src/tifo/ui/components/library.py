"""Where components register, and how they render their part."""

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

register = template.Library()


def reader_language() -> str:
    """The language that the reader sees."""
    return get_language() or "en"


def part(component: str, /, **values: object) -> SafeString:
    """The rendered template of a component."""
    return mark_safe(render_to_string(f"ui/components/{component}.html", values).strip())  # noqa: S308 -- a rendered template
