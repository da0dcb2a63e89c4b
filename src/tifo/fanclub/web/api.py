"""Contacts over the API: another site hands over who asked there; her letter asks herself, as anywhere (double opt-in)."""

from datetime import date

from django.http import HttpRequest
from ninja import Field, Router, Schema

from tifo.consents.public import notices_by_id
from tifo.fanclub import actions, queries
from tifo.fanclub.types import Choice, Wish
from tifo.fanclub.web.visitors import within
from tifo.fans.public import canonical_email, countries
from tifo.kernel.public import Refused
from tifo.kernel.public import sentence as _
from tifo.ui.public import known_language

router = Router(tags=["contacts"])


class Wording(Schema):
    """The exact words of a purpose; whoever shows them sends their number back."""

    purpose: str
    notice: int
    language: str
    text: str
    age: int = Field(description="from which age one says yes to it alone, where no country is known")


class Agreed(Schema):
    """A box that she ticked, beside this wording."""

    purpose: str = Field(max_length=40)
    notice: int


class Contact(Schema):
    """Somebody who asked to join elsewhere."""

    key: str = Field(min_length=1, max_length=100, description="yours; told twice, it counts once")
    source: str = Field(max_length=40, description="the code of the place, made in the studio under Club")
    email: str = Field(max_length=254)
    first_name: str = Field("", max_length=100)
    birth_date: date
    country: str = Field(min_length=2, max_length=2)
    language: str = Field("en", max_length=12)
    member: bool = True
    agreed: list[Agreed] = Field(default_factory=list, max_length=20)
    proof: dict[str, str] = Field(
        default_factory=dict, description="what you can show for it: form, moment, address of the page"
    )


class Asked(Schema):
    """She is asked by letter; what is known of her address is not said."""

    state: str = "asked"


@router.get("/wordings", response=list[Wording], url_name="contacts-wordings")
def wordings(request: HttpRequest, language: str = "en") -> list[Wording]:  # noqa: ARG001  the key's role was checked
    """What may be ticked, in the words that must stand beside the box."""
    return [
        Wording(
            purpose=offer.key,
            notice=offer.notice_id,
            language=offer.notice_language,
            text=offer.notice,
            age=offer.age,
        )
        for offer in queries.offers(known_language(language))
    ]


@router.post("/", response={202: Asked}, url_name="contacts-add")
def add(request: HttpRequest, contact: Contact) -> tuple[int, Asked]:
    """Ask somebody by letter whether she really wants to join; nothing counts before she says so."""
    place = queries.open_source_named(contact.source)
    if place is None:
        raise Refused(
            _("there is no open place “%(code)s”: make it in the studio, under Club", code=contact.source)
        )
    wish = _wish(contact)
    if not within(request, "join-address", canonical_email(wish.email)):
        raise Refused(_("this address was written to often enough for now: ask again tomorrow"))
    actions.ask_to_join(wish, key=f"{place.code}:{contact.key}")
    return 202, Asked()


def _wish(contact: Contact) -> Wish:
    canonical_email(contact.email)
    if contact.country not in countries():
        raise Refused(
            _("“%(code)s” is no country: write two capital letters, such as FR", code=contact.country)
        )
    if len(contact.proof) > 20 or any(len(k) > 40 or len(v) > 300 for k, v in contact.proof.items()):
        raise Refused(_("a proof has at most 20 entries, with names of 40 and values of 300 characters"))
    if any("@" in text for pair in contact.proof.items() for text in pair):
        raise Refused(_("a proof names no person: leave addresses out of it"))
    return Wish(
        email=contact.email,
        first_name=contact.first_name,
        birth_date=contact.birth_date,
        country=contact.country,
        language=known_language(contact.language),
        member=contact.member,
        choices=_choices(contact),
        source=contact.source,
        proof=contact.proof,
    )


def _choices(contact: Contact) -> tuple[Choice, ...]:
    worded = notices_by_id([one.notice for one in contact.agreed])
    choices = {}
    for one in contact.agreed:
        notice = worded.get(one.notice)
        if notice is None or notice.purpose != one.purpose:
            raise Refused(
                _(
                    "wording %(notice)s is none of “%(purpose)s”: read /api/v1/contacts/wordings",
                    notice=one.notice,
                    purpose=one.purpose,
                )
            )
        choices[one.purpose] = Choice(one.purpose, notice.id, notice.hash)
    return tuple(choices.values())
