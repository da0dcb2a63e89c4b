"""What fans type."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from unicodedata import category, combining, normalize

from babel import Locale
from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tifo.fanclub.queries import joining_age, offers, old_enough_to_join, open_source_named
from tifo.fanclub.types import Choice, Offer, Wish
from tifo.fans.public import Fan, canonical_birth_date, canonical_email, countries
from tifo.kernel.public import Refused, clock
from tifo.ui.public import language_name, reader_language

OLDEST = 120  # years


def country_choices() -> list[tuple[str, str]]:
    """Every country by its name in the reader's language, in the order of that language's letters."""
    names = Locale.parse(reader_language()).territories
    named = [(code, str(names.get(code, code))) for code in countries()]
    return sorted(named, key=lambda one: _sorting(one[1]))


def _sorting(name: str) -> str:
    plain = normalize("NFKD", name.casefold())
    return "".join(sign for sign in plain if not combining(sign))


def likely_country(accepted: str) -> str:
    """The region of the first language that the browser asks for ("fr-BE" is Belgium), or nothing."""
    region = accepted.split(",")[0].split(";")[0].strip()[-3:]
    code = region[1:].upper()
    return code if region[:1] == "-" and code in countries() else ""


def language_choices() -> list[tuple[str, str]]:
    return [(code, language_name(code)) for code in settings.TIFO_LANGUAGES]


class BirthDate(forms.DateField):
    """A day, as the browser's own field gives it or as people of any language type it."""

    def __init__(self, **words: Any) -> None:
        today = clock.now().date()
        widget = forms.DateInput(
            format="%Y-%m-%d",
            attrs={
                "type": "date",
                "autocomplete": "bday",
                "max": today.isoformat(),
                "min": today.replace(year=today.year - OLDEST, day=1).isoformat(),
            },
        )
        super().__init__(widget=widget, localize=False, **words)

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values:
            return None
        try:
            return canonical_birth_date(str(value), clock.now().date())
        except Refused:
            raise forms.ValidationError(
                _("This is no possible day of birth: write year, month and day, such as 1998-07-31.")
            ) from None


class JoinForm(forms.Form):
    """Everything that joining needs, and each consent by itself."""

    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address"),
        help_text=gettext_lazy("We mail you a link; what you fill in here counts once you have followed it."),
        error_messages={
            "required": gettext_lazy("Write your e-mail address."),
            "invalid": gettext_lazy("This is no complete e-mail address: it looks like name@example.org."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        max_length=254,
    )
    first_name = forms.CharField(
        label=gettext_lazy("Your first name"),
        error_messages={"required": gettext_lazy("Write the name that we may call you.")},
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
        max_length=100,
    )
    country = forms.ChoiceField(
        label=gettext_lazy("Where you live"),
        error_messages={
            "required": gettext_lazy("Choose the country you live in: it decides the age rules for you.")
        },
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )
    language = forms.ChoiceField(label=gettext_lazy("The language we write to you in"))
    membership = forms.ChoiceField(
        label=gettext_lazy("Do you want to be a member of the fan club?"),
        widget=forms.RadioSelect,
        initial="club",
    )

    source = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)
    friend = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)

    def __init__(
        self, data: Any = None, *, accepted: str = "", said: Mapping[str, str] | None = None
    ) -> None:
        """`said`: what she wrote already on the way here, and the code of the place she comes from."""
        language = reader_language()
        super().__init__(
            data, initial={"language": language, "country": likely_country(accepted), **(said or {})}
        )
        self.fields["birth_date"] = BirthDate(
            label=_("Your date of birth"),
            help_text=_("It decides what you may say yes to by yourself. Nobody sees it."),
            error_messages={"required": _("Write your date of birth: the law asks us for your age.")},
        )
        self.order_fields(["email", "first_name", "birth_date", "country", "language", "membership"])
        choices: dict[str, list[tuple[str, str]]] = {
            "country": [("", _("Choose a country")), *country_choices()],
            "language": language_choices(),
            "membership": [
                ("club", _("Yes, I join the club. It costs nothing.")),
                ("mails", _("No, I only want what I tick below.")),
            ],
        }
        for name, options in choices.items():
            self.fields[name].choices = options  # type: ignore[attr-defined]
        self.ticked = set(self.data.getlist("yes")) if self.is_bound else set()  # type: ignore[attr-defined]
        self.offers: list[Offer] = offers(language)

    def clean_first_name(self) -> str:
        """Refused now what the base of fans would refuse once the letter's link is followed."""
        name: str = self.cleaned_data["first_name"]
        if any(category(sign) == "Cc" for sign in name):
            raise forms.ValidationError(_("A sign in this name can’t be shown: please type the name again."))
        return name

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        try:
            canonical_email(email)
        except Refused:
            raise forms.ValidationError(self.fields["email"].error_messages["invalid"]) from None
        return email

    def clean_source(self) -> str:
        """A place that is none, or closed, is our own form."""
        place = open_source_named(self.cleaned_data["source"])
        return place.code if place else ""

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        self.ticked &= {offer.key for offer in self.offers}
        born, country = said.get("birth_date"), said.get("country")
        if born and country:
            self._mind_her_age(born, country)
        self._mind_the_wording()
        if said.get("membership") == "mails" and not self.ticked:
            self.add_error(
                "membership",
                _("Then there is nothing to do for us: join the club, or tick at least one mail."),
            )
        return said

    def _mind_her_age(self, born: date, country: str) -> None:
        if not old_enough_to_join(born, country):
            age = joining_age(country)
            self.add_error(
                "birth_date",
                ngettext(
                    "We are glad you want to come. Where you live one decides this alone from the age of %(age)d; "
                    "until then somebody who looks after you has to. We kept nothing of what you wrote.",
                    "We are glad you want to come. Where you live one decides this alone from the age of %(age)d; "
                    "until then somebody who looks after you has to. We kept nothing of what you wrote.",
                    age,
                )
                % {"age": age},
            )
            return
        self.offers = offers(reader_language(), birth_date=born, country=country)
        early = [offer for offer in self.offers if not offer.allowed and offer.key in self.ticked]
        if early:
            self.ticked -= {offer.key for offer in early}
            self.add_error(
                None,
                _(
                    "Some things have to wait until you are %(age)d: %(names)s. We took the ticks away and left "
                    "all the rest as it was; press the button again."
                )
                % {"age": max(offer.age for offer in early), "names": ", ".join(o.name for o in early)},
            )

    def _mind_the_wording(self) -> None:
        """What she ticked is the wording that stood there: its number came along."""
        changed = [
            offer
            for offer in self.offers
            if offer.key in self.ticked and self.data.get(f"notice-{offer.key}") != str(offer.notice_id)
        ]
        if changed:
            self.ticked -= {offer.key for offer in changed}
            self.add_error(
                None,
                _("The wording of %(names)s changed meanwhile: please read it and tick again.")
                % {"names": ", ".join(offer.name for offer in changed)},
            )

    def wish(self, hashes: dict[int, str]) -> Wish:
        """What she asks for. `hashes`: of the notices, by their id."""
        said = self.cleaned_data
        return Wish(
            email=said["email"],
            first_name=said["first_name"],
            birth_date=said["birth_date"],
            country=said["country"],
            language=said["language"],
            member=said["membership"] == "club",
            source=said.get("source", ""),
            friend=said.get("friend", ""),
            choices=tuple(
                Choice(offer.key, offer.notice_id, hashes[offer.notice_id])
                for offer in self.offers
                if offer.key in self.ticked
            ),
        )


class FactsForm(forms.Form):
    """What she may correct by herself. A date of birth is written once: the age rules hang on it."""

    first_name = forms.CharField(
        label=gettext_lazy("Your first name"),
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
        max_length=100,
        required=False,
    )
    last_name = forms.CharField(
        label=gettext_lazy("Your last name"),
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
        max_length=100,
        required=False,
    )
    language = forms.ChoiceField(label=gettext_lazy("The language we write to you in"))
    country = forms.ChoiceField(label=gettext_lazy("Where you live"), required=False)
    postcode = forms.CharField(
        label=gettext_lazy("Your postcode"),
        widget=forms.TextInput(attrs={"autocomplete": "postal-code"}),
        max_length=20,
        required=False,
    )

    def __init__(self, fan: Fan, data: Any = None) -> None:
        known = {name: getattr(fan, name) or "" for name in self.base_fields}
        super().__init__(
            data, initial={**known, "language": (fan.language or reader_language()).split("-")[0]}
        )
        languages = language_choices()
        if fan.language and fan.language not in settings.TIFO_LANGUAGES:
            languages = [(fan.language, language_name(fan.language)), *languages]
            self.initial["language"] = fan.language
        self.fields["language"].choices = languages  # type: ignore[attr-defined]
        self.fields["country"].choices = [("", _("Not said")), *country_choices()]  # type: ignore[attr-defined]
        if fan.birth_date is None:
            self.fields["birth_date"] = BirthDate(
                label=_("Your date of birth"),
                required=False,
                help_text=_("It decides what you may say yes to by yourself. You can write it once."),
            )
