"""Fields of forms, for any BoundField of Django."""

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString, mark_safe

from tifo.ui.components.library import part, register


@register.simple_tag
def field(
    bound: BoundField,
    label: str = "",
    help: str = "",
    code: bool = False,
    rows: int = 0,
    suffix: str = "",
    autofocus: bool = False,
    placeholder: str = "",
) -> SafeString:
    """One field of a form: label, help, the errors, the widget."""
    widget = bound.field.widget
    if bound.is_hidden:
        return SafeString(str(bound) + str(bound.errors))
    group = isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple)
    box = isinstance(widget, forms.CheckboxInput)
    help_text = help or bound.help_text
    described = [f"{bound.auto_id}_helptext"] if help_text else []
    described += [f"{bound.auto_id}_error"] if bound.errors else []
    kinds = [str(widget.attrs.get("class", "")), "code" if code else ""]
    attributes: dict[str, Any] = {"class": " ".join(filter(None, kinds))} if any(kinds) else {}
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if code:
        attributes |= {"spellcheck": "false", "autocapitalize": "off", "autocomplete": "off", "dir": "ltr"}
    if rows:
        attributes["rows"] = rows
    if autofocus:
        attributes["autofocus"] = True
    if placeholder:
        attributes["placeholder"] = placeholder
    return part(
        "group" if group else "box" if box else "field",
        field=bound,
        widget=bound.as_widget(attrs=attributes),
        label=label or bound.label,
        help=help_text,
        suffix=suffix,
        required=bound.field.required,
    )


@register.simple_tag
def form_fields(form: forms.BaseForm) -> SafeString:
    return mark_safe("".join(field(bound) for bound in form))  # noqa: S308 -- each part is rendered


@register.simple_tag
def form_errors(form: forms.BaseForm) -> SafeString:
    """What is wrong, at the top: the form's own errors and links to the fields that have some."""
    return (
        part("errors", form=form, wrong=[bound for bound in form if bound.errors])
        if form.errors
        else SafeString("")
    )
