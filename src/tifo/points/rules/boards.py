"""Who is of age, and the bands of age on the boards."""

from datetime import date

OF_AGE = 18
BANDS = ((18, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, 120))
"""From and to which age, as the year of birth tells it."""


def of_age(born: date | None, today: date) -> bool:
    """Whether her name may stand there; not where her age is not known."""
    if born is None:
        return False
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day)) >= OF_AGE


def band_of(birth_year: int | None, today: date) -> tuple[int, int] | None:
    """The band that this year falls into."""
    age = None if birth_year is None else today.year - birth_year
    return next((band for band in BANDS if age is not None and band[0] <= age <= band[1]), None)


def years_of(band: tuple[int, int], today: date) -> tuple[int, int]:
    """First and last year of birth of a band."""
    return today.year - band[1], today.year - band[0]
