"""The forms of the campaign pages."""

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from tifo.campaigns.queries import campaign_purposes
from tifo.campaigns.types import Timing
from tifo.fans.public import timezones
from tifo.ui.public import language_name


def house_languages() -> list[tuple[str, str]]:
    """The languages of the house as choices."""
    return [(code, language_name(code, get_language() or "en") or code) for code in settings.TIFO_LANGUAGES]


def purpose_choices() -> list[tuple[str, str]]:
    """The purposes for which a campaign may write."""
    language = get_language() or "en"
    return [(key, one.name(language)) for key, one in campaign_purposes().items()]


class NewForm(forms.Form):
    """What a campaign needs to be there."""

    name = forms.SlugField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("Small letters, digits and hyphens, such as week-of-judo. Fans don't see it."),
    )
    purpose = forms.ChoiceField(
        label=gettext_lazy("Purpose"),
        help_text=gettext_lazy("Only fans who agreed to it get the campaign, whatever the audience says."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Fall-back language"),
        help_text=gettext_lazy("For fans in whose language there is no text."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["purpose"].choices = purpose_choices()  # type: ignore[attr-defined]
        self.fields["language"].choices = house_languages()  # type: ignore[attr-defined]


class WhoForm(forms.Form):
    """By which right, and whom."""

    purpose = forms.ChoiceField(
        label=gettext_lazy("Purpose"),
        help_text=gettext_lazy("Only fans who agreed to it get the campaign, whatever the audience says."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["purpose"].choices = purpose_choices()  # type: ignore[attr-defined]


class ImportForm(forms.Form):
    """A campaign file, as a file or pasted."""

    file = forms.FileField(label=gettext_lazy("Campaign file"), required=False)
    text = forms.CharField(
        label=gettext_lazy("or its text"), required=False, widget=forms.Textarea, strip=False
    )
    replace = forms.BooleanField(
        label=gettext_lazy("Replace the campaign of this name if there is one"), required=False
    )


class BlockForm(forms.Form):
    """A block and its text in one language; the same fields as the desk of content, whose checks it uses."""

    name = forms.SlugField(
        label=gettext_lazy("Name"),
        max_length=64,
        help_text=gettext_lazy("Small letters, digits and hyphens; slots call the block by it."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Written in"), choices=[("markdown", "Markdown"), ("mjml", "MJML")]
    )
    when = forms.CharField(
        label=gettext_lazy("Who it is for"),
        required=False,
        widget=forms.Textarea,
        help_text=gettext_lazy("A question about fans, such as not holds_ticket(). Empty: everybody."),
    )
    topics = forms.CharField(
        label=gettext_lazy("Topics"),
        required=False,
        help_text=gettext_lazy("What a click in it says about her taste, with commas: judo, swimming."),
    )
    fallback = forms.ChoiceField(
        label=gettext_lazy("Fall-back language"),
        required=False,
        help_text=gettext_lazy("Who reads none of its languages gets this one."),
    )
    source = forms.CharField(label=gettext_lazy("Text"), required=False, widget=forms.Textarea, strip=False)

    def __init__(self, *args: Any, languages: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shown = get_language() or "en"
        self.fields["fallback"].choices = [  # type: ignore[attr-defined]
            ("", _("the campaign's")),
            *((code, language_name(code, shown) or code) for code in languages),
        ]


class WhenForm(forms.Form):
    """When it goes out."""

    way = forms.ChoiceField(
        label=gettext_lazy("When"),
        widget=forms.RadioSelect,
        choices=[
            ("now", gettext_lazy("At once, as soon as it is sent")),
            ("moment", gettext_lazy("At one moment, the same for all")),
            ("own", gettext_lazy("At the same hour for each fan, in her own time zone")),
        ],
    )
    day = forms.DateField(
        label=gettext_lazy("Day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    hour = forms.TimeField(
        label=gettext_lazy("Hour"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        required=False,
        help_text=gettext_lazy("In which the moment is meant. Each fan's own zone needs none."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["zone"].choices = [(zone, zone) for zone in sorted(timezones())]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A moment needs its day and hour."""
        given = super().clean() or {}
        if given.get("way") in ("moment", "own"):
            for name, problem in (("day", _("Say the day.")), ("hour", _("Say the hour."))):
                if given.get(name) is None and name not in self.errors:
                    self.add_error(name, problem)
        return given

    @property
    def timing(self) -> Timing:
        """What was chosen."""
        given = self.cleaned_data
        if given["way"] == "now":
            return Timing()
        hour: time = given["hour"]
        wall = datetime.combine(given["day"], hour.replace(second=0, microsecond=0))
        if given["way"] == "own":
            return Timing(wall.replace(tzinfo=UTC), own_zone=True)
        zone = given["zone"] or "UTC"
        return Timing(wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC), zone=zone)


def when_initial(timing: Timing, zone: str) -> dict[str, Any]:
    """The form as it stands for a timing; `zone` where nothing was said yet."""
    if timing.at is None:
        return {"way": "now", "zone": timing.zone or zone, "hour": time(8, 0)}
    shown = timing.at.astimezone(UTC if timing.own_zone else ZoneInfo(timing.zone or "UTC"))
    return {
        "way": "own" if timing.own_zone else "moment",
        "day": shown.date(),
        "hour": shown.time(),
        "zone": timing.zone or zone,
    }
