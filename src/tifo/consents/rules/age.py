"""From which age a fan may consent by herself, by country and purpose.

Sources of the numbers: article 8(1) GDPR: 16, where a state has not chosen a lower age (not below 13); what states
chose: European Commission, SWD(2020) 115 final, p. 17, and the implementing acts: 13 Belgium, Denmark (15 since
1 January 2024, amended Databeskyttelsesloven § 6), Estonia, Finland, Latvia, Malta, Portugal, Sweden; 14 Austria,
Bulgaria, Cyprus, Italy, Lithuania, Spain; 15 Czechia, France (Loi Informatique et Libertés, art. 45), Greece,
Slovenia (ZVOP-2, 2023); 16 Croatia, Germany, Hungary, Ireland, Luxembourg, Netherlands, Poland, Romania, Slovakia.
Outside the Union: 13 United Kingdom (Data Protection Act 2018, s. 9), Norway and Iceland (their data protection acts
of 2018), United States (COPPA: under 13 a parent decides). Anywhere else, and where the country is not known: 16.

Our own choice, stricter than these laws ask: offers of partners and following of opens and clicks are for adults (18).
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

DEFAULT_AGE = 16
AGES: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys(("BE", "EE", "FI", "LV", "MT", "PT", "SE", "GB", "NO", "IS", "US"), 13),
        **dict.fromkeys(("AT", "BG", "CY", "IT", "LT", "ES"), 14),
        **dict.fromkeys(("CZ", "DK", "FR", "GR", "SI"), 15),
        **dict.fromkeys(("HR", "DE", "HU", "IE", "LU", "NL", "PL", "RO", "SK"), 16),
    }
)
PURPOSE_AGES: Mapping[str, int] = MappingProxyType({"partner-offers": 18, "tracking": 18})


def age_needed(country: str | None, purpose: str) -> int:
    """From which age a fan of this country may consent to this purpose by herself."""
    return max(AGES.get(country or "", DEFAULT_AGE), PURPOSE_AGES.get(purpose, 0))


def age_on(birth_date: date, on: date) -> int:
    """Whole years; somebody born on 29 February grows older on 1 March in common years."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def may_give(birth_date: date | None, country: str | None, purpose: str, on: date) -> bool:
    """Whether a fan born on `birth_date` may consent by herself on the day `on`. Without a birth date: yes, she
    declares it by consenting (the notice says so)."""
    return birth_date is None or age_on(birth_date, on) >= age_needed(country, purpose)
