"""What the law of a country asks of an offer, as far as our sources say. It is no legal advice."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

BY_CHANCE = ("draw", "instant-win")


@dataclass(frozen=True)
class Jurisdiction:
    """`chance`: whether chance may decide a contest of a business; `days_before`: days between the publication of the
    rules and the first entry; `notes`: what the organiser has to see to; `source`: where all this is said."""

    notes: tuple[str | Promise, ...]
    source: str
    chance: bool = True
    days_before: int = 0


JURISDICTIONS = {
    "AT": Jurisdiction((_("Prizes above 10,000 € a year are taxed at 5 %."),), "Glücksspielgesetz § 58 (3)"),
    "BE": Jurisdiction(
        (_("Chance may not decide a contest of a business: let a jury or a ranking decide."),),
        "Law of 31 December 1851 on lotteries",
        chance=False,
    ),
    "FR": Jurisdiction(
        (
            _("Taking part must cost nothing: a sum to be refunded later counts as a stake."),
            _("Keep a list of the prizes with their values, and give the rules to whoever asks."),
            _("Depositing the rules with a commissaire de justice is optional since 2014."),
        ),
        "Code de la sécurité intérieure, L.320-1; loi 2014-1545",
    ),
    "IT": Jurisdiction(
        (
            _(
                "File the rules with the ministry 15 days before entries open, with a bond of all prizes’ value."
            ),
            _("Keep the data, or a mirror of them, on a server in Italy."),
            _("The ministry asks for an expert’s report on the software; the record as PDF is made for it."),
        ),
        "D.P.R. 430/2001",
        days_before=15,
    ),
}
