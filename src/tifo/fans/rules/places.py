"""Languages, countries and time zones by their codes; names in the house's languages are understood too."""

import zoneinfo
from functools import lru_cache

from babel.core import Locale, get_global, parse_locale

from tifo.kernel.public import Refused
from tifo.kernel.public import sentence as _

_NAMED_IN = ("en", "fr", "es", "ar")
# CLDR has these as regions, for tests, or because ISO keeps them free for somebody (Ascension, Canary Islands…).
_NO_COUNTRY = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"}


@lru_cache(maxsize=1)
def languages() -> frozenset[str]:
    """Every language code of CLDR (ISO 639), without regions."""
    return frozenset(code for code in map(str, Locale("en").languages) if "_" not in code and code != "und")


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """Every country code (ISO 3166-1 alpha-2, and XK)."""
    return frozenset(
        code
        for code in map(str, Locale("en").territories)
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRY
    )


@lru_cache(maxsize=1)
def _language_names() -> dict[str, str]:
    return {
        name.casefold(): code
        for shown in reversed(_NAMED_IN)
        for code, name in Locale(shown).languages.items()
        if code in languages()
    }


@lru_cache(maxsize=1)
def _country_names() -> dict[str, str]:
    return {
        name.casefold(): code
        for shown in reversed(_NAMED_IN)
        for code, name in Locale(shown).territories.items()
        if code in countries()
    }


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    return {name.casefold(): name for name in zoneinfo.available_timezones() - {"Factory", "localtime"}}


def timezones() -> frozenset[str]:
    """Every IANA time zone."""
    return frozenset(_zones().values())


def _likely_script(tag: str) -> str | None:
    likely = get_global("likely_subtags").get(tag)
    return parse_locale(likely)[2] if likely else None


@lru_cache(maxsize=4096)
def canonical_language(text: str) -> str:
    """`fr` for "fr", "FR", "fr-CA", "French" or "français"; the script stays where it is not the usual one."""
    wanted = text.strip()
    if code := _language_names().get(wanted.casefold()):
        return code
    try:
        language, territory, script = parse_locale(wanted.replace("-", "_"))[:3]
    except ValueError:
        raise Refused(_("it is no language; write a code such as fr, or its name")) from None
    language = str(get_global("language_aliases").get(language, language))
    if language not in languages():
        raise Refused(_("it is no language that is known; write a code such as fr, or its name"))
    script = script or (_likely_script(f"{language}_{territory}") if territory else None)
    if script and script != _likely_script(language):
        return f"{language}-{script}"
    return language


@lru_cache(maxsize=4096)
def canonical_country(text: str) -> str:
    """`FR` for "FR", "fr", "FRA", "France" or "Francia"."""
    wanted = text.strip()
    code = wanted.upper()
    aliases = get_global("territory_aliases").get(code, [])
    if code not in countries() and len(aliases) == 1:
        code = aliases[0]
    if code in countries():
        return code
    if named := _country_names().get(wanted.casefold()):
        return named
    raise Refused(_("it is no country that is known; write a code of two letters such as FR, or its name"))


@lru_cache(maxsize=4096)
def canonical_timezone(text: str) -> str:
    """The IANA name, e.g. `Pacific/Tahiti`."""
    if name := _zones().get(text.strip().casefold()):
        return name
    raise Refused(_("it is no time zone that is known; write its IANA name such as Europe/Paris"))
