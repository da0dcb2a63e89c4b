"""Forms of the desk."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tifo.consents.public import purposes
from tifo.preferences.public import topics
from tifo.registry.rules import columns
from tifo.registry.types import LEFT_OUT, UNKNOWN

FIELD_NAMES = {
    "email": _("E-mail"),
    "phone": _("Phone"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "birth_date": _("Date of birth"),
    "gender": _("Gender"),
    "language": _("Language"),
    "country": _("Country"),
    "postcode": _("Postcode"),
    "timezone": _("Time zone"),
    "external_id": _("Number in your other system"),
    "joined_at": _("Joined on"),
    "club_member": _("Member of the club"),
}


class UploadForm(forms.Form):
    """The file of people."""

    file = forms.FileField(
        label=_("CSV file"),
        help_text=_(
            "UTF-8, UTF-16 or Western encodings; commas, semicolons or tabs. The first line names the columns."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
    )


class MappingForm(forms.Form):
    """How an uploaded file is read: where it comes from and, beside it, a place for each column."""

    source = forms.CharField(
        label=_("Where these people come from"),
        help_text=_("Stays with each new fan, e.g. ticketing-2024."),
        max_length=80,
    )
    country = forms.CharField(
        label=_("Country of phone numbers without +"),
        help_text=_("Two letters, e.g. FR. Used where a person's own country is empty."),
        max_length=2,
        required=False,
    )
    delimiter = forms.ChoiceField(
        label=_("Columns are separated by"),
        choices=[(",", _("comma")), (";", _("semicolon")), ("\t", _("tab"))],
    )
    encoding = forms.ChoiceField(
        label=_("Letters are written in"),
        choices=[
            ("utf-8", "UTF-8"),
            ("utf-8-sig", _("UTF-8 with mark")),
            ("utf-16", "UTF-16"),
            ("utf-16-le", "UTF-16 LE"),
            ("utf-16-be", "UTF-16 BE"),
            ("cp1252", _("Western (Windows, Latin-1)")),
        ],
    )

    def clean_country(self) -> str:
        country: str = self.cleaned_data["country"].strip().upper()
        if country and (len(country) != 2 or not country.isascii() or not country.isalpha()):
            raise forms.ValidationError(_("Write two letters, e.g. FR."))
        return country


Choices = list[tuple[str, Any]]


def places(header: str, target: str) -> list[tuple[str, Choices]]:
    """The choices for one column, grouped; a taste may be named after the column itself."""
    other: Choices = [(LEFT_OUT, pgettext_lazy("column", "leave out"))]
    if target == UNKNOWN:
        other.insert(0, (UNKNOWN, pgettext_lazy("column", "choose…")))
    own = columns.slug(header.partition(":")[2] or header)
    tastes = dict.fromkeys([target.removeprefix("likes:")] if target.startswith("likes:") else [])
    tastes |= dict.fromkeys([own] if own and own.isascii() else [])
    tastes |= dict.fromkeys(topic.slug for topic in topics())
    return [
        ("", other),
        (str(_("Who she is")), [(name, FIELD_NAMES[name]) for name in columns.KNOWN]),
        (str(_("Consent to")), [(f"consent:{purpose.key}", purpose.key) for purpose in purposes()]),
        (str(_("How much she likes")), [(f"likes:{slug}", slug) for slug in tastes]),
    ]


class FactsForm(forms.Form):
    """What is known of who a fan is. The rules of `fans` check each value and say what is wrong."""

    email = forms.CharField(label=FIELD_NAMES["email"], required=False, max_length=254)
    phone = forms.CharField(label=FIELD_NAMES["phone"], required=False, max_length=40)
    first_name = forms.CharField(label=FIELD_NAMES["first_name"], required=False, max_length=200)
    last_name = forms.CharField(label=FIELD_NAMES["last_name"], required=False, max_length=200)
    birth_date = forms.CharField(
        label=FIELD_NAMES["birth_date"],
        help_text=_("Year-month-day, e.g. 1990-07-14."),
        required=False,
        max_length=10,
    )
    gender = forms.ChoiceField(
        label=FIELD_NAMES["gender"],
        required=False,
        choices=[("", "–"), ("female", _("female")), ("male", _("male")), ("other", _("other"))],
    )
    language = forms.CharField(
        label=FIELD_NAMES["language"], help_text=_("A code, e.g. fr."), required=False, max_length=40
    )
    country = forms.CharField(
        label=FIELD_NAMES["country"], help_text=_("Two letters, e.g. FR."), required=False, max_length=60
    )
    postcode = forms.CharField(label=FIELD_NAMES["postcode"], required=False, max_length=20)
    timezone = forms.CharField(
        label=FIELD_NAMES["timezone"], help_text=_("E.g. Europe/Paris."), required=False, max_length=60
    )
    external_id = forms.CharField(label=FIELD_NAMES["external_id"], required=False, max_length=200)


class ConsentForm(forms.Form):
    """What she told a member of staff."""

    reason = forms.CharField(
        label=_("How and when did she tell you?"),
        help_text=_("Kept as proof with her consent, e.g. “asked by phone on 3 May”."),
        max_length=500,
    )
