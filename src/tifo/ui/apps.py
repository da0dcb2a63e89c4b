from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register


class UiConfig(AppConfig):
    name = "tifo.ui"
    label = "ui"
    default_auto_field = "django.db.models.BigAutoField"


@register()
def accent_is_a_colour(**_: object) -> list[CheckMessage]:
    """A brand colour with a typo is said at the start, not by each page."""
    from django.conf import settings

    from tifo.ui.rules import is_colour

    if is_colour(settings.TIFO_ACCENT):
        return []
    return [
        Error(
            f"TIFO_ACCENT={settings.TIFO_ACCENT!r} is not a colour",
            hint="write #rrggbb, e.g. #1f5fbf",
            id="ui.E001",
        )
    ]
