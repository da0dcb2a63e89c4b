"""What people type."""

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tifo.accounts.models import User
from tifo.accounts.public import Role

ROLE_WORDS: dict[str, Promise] = {
    Role.COMMUNICATOR: _("Communicator: writes content, composes and sends campaigns"),
    Role.APPROVER: _("Approver: says yes to what another person prepared"),
    Role.ANIMATOR: _("Animator: the life of the club"),
    Role.ANALYST: _("Analyst: figures and questions about audiences"),
    Role.SUPPORT: _("Support: answers one fan at a time, programme and tickets"),
    Role.DATA_PROTECTION: _("Data protection: consents, access, erasure, the audit trail"),
    Role.ADMIN: _("Admin: people, roles, settings"),
}
ROLE_NAMES: dict[str, Promise] = {
    Role.COMMUNICATOR: _("communicator"),
    Role.APPROVER: _("approver"),
    Role.ANIMATOR: _("animator"),
    Role.ANALYST: _("analyst"),
    Role.SUPPORT: _("support"),
    Role.DATA_PROTECTION: _("data protection"),
    Role.ADMIN: _("admin"),
}


def role_names(roles: frozenset[str]) -> list[str]:
    """The roles in the order in which people think of them."""
    return [str(name) for role, name in ROLE_NAMES.items() if role in roles]


class RolesForm(forms.Form):
    """Which roles somebody holds."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=list(ROLE_WORDS.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("A change ends her sessions and API keys at once."),
    )


class InviteForm(forms.Form):
    """Somebody new on the staff."""

    email = forms.EmailField(label=_("E-mail address"))
    name = forms.CharField(label=_("Name"), max_length=150)
    roles = forms.MultipleChoiceField(
        label=_("Roles"), choices=list(ROLE_WORDS.items()), widget=forms.CheckboxSelectMultiple
    )


class WelcomeForm(forms.Form):
    """What an invited person chooses."""

    name = forms.CharField(label=_("Your name"), max_length=150)
    password = forms.CharField(
        label=_("Your password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        help_text=_("At least 10 characters; a sentence that only you would think of is best."),
    )


class NameForm(forms.Form):
    """How somebody is called."""

    name = forms.CharField(label=_("Name"), max_length=150)


class ApiKeyForm(forms.Form):
    """A key for a program."""

    name = forms.CharField(
        label=_("Used by"), max_length=80, help_text=_("The program that will hold it, e.g. Ticket shop")
    )
    roles = forms.MultipleChoiceField(
        label=_("It may act as"), widget=forms.CheckboxSelectMultiple, choices=()
    )
    days = forms.TypedChoiceField(
        label=_("It works for"),
        coerce=int,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("a year"))],
        initial=90,
    )

    def __init__(self, *args: Any, holder: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["roles"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101
        field.choices = [(role, words) for role, words in ROLE_WORDS.items() if role in holder.role_names]
