"""When two phone numbers are the same number: their E.164 form."""

import re

import phonenumbers

from tifo.kernel.public import Refused
from tifo.kernel.public import sentence as _

_WHY = {
    phonenumbers.NumberParseException.INVALID_COUNTRY_CODE: _(
        "its country is not known; begin with + and the country's code, e.g. +33"
    ),
    phonenumbers.NumberParseException.NOT_A_NUMBER: _("it is no phone number; write e.g. +33 6 12 34 56 78"),
    phonenumbers.NumberParseException.TOO_SHORT_AFTER_IDD: _("it is too short"),
    phonenumbers.NumberParseException.TOO_SHORT_NSN: _("it is too short"),
    phonenumbers.NumberParseException.TOO_LONG: _("it is too long"),
}
E164 = re.compile(r"\+[1-9][0-9]{5,14}")


def canonical_phone(text: str, country: str | None = None) -> str:
    """The number as E.164 (`+33612345678`); `country` (ISO 3166-1) is for numbers written without their code."""
    try:
        number = phonenumbers.parse(text.strip(), country)
    except phonenumbers.NumberParseException as error:
        raise Refused(_WHY.get(error.error_type, _("it is no phone number"))) from None
    if number.extension:
        raise Refused(_("it has an extension, which no message reaches; write the number alone"))
    if not phonenumbers.is_possible_number(number):
        raise Refused(_("no number of its country has that many digits"))
    canonical = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    if not E164.fullmatch(canonical):
        raise Refused(_("it is no phone number; write e.g. +33 6 12 34 56 78"))
    return canonical
