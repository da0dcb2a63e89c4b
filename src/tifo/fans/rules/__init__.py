"""When two people are one, and what may be known of a person. Pure."""

from tifo.fans.rules.email import canonical_email, email_keys, mailable_email
from tifo.fans.rules.people import TYPES, name_keys, read_people
from tifo.fans.rules.person import (
    FIELDS,
    GENDERS,
    IDENTITIES,
    canonical_birth_date,
    canonical_external_id,
    canonical_gender,
    canonical_moment,
    check_birth_date,
    name_key,
    plain_text,
    yes_or_no,
)
from tifo.fans.rules.phone import E164, canonical_phone
from tifo.fans.rules.places import (
    canonical_country,
    canonical_language,
    canonical_timezone,
    countries,
    languages,
    timezones,
)
from tifo.fans.rules.plain import plain_moments

__all__ = [
    "E164",
    "FIELDS",
    "GENDERS",
    "IDENTITIES",
    "TYPES",
    "canonical_birth_date",
    "canonical_country",
    "canonical_email",
    "canonical_external_id",
    "canonical_gender",
    "canonical_language",
    "canonical_moment",
    "canonical_phone",
    "canonical_timezone",
    "check_birth_date",
    "countries",
    "email_keys",
    "languages",
    "mailable_email",
    "name_key",
    "name_keys",
    "plain_moments",
    "plain_text",
    "read_people",
    "timezones",
    "yes_or_no",
]
