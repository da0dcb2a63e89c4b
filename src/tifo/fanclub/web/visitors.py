"""Who is looking: a visitor, a signed-in fan, or somebody who came by the link of a mail."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from allauth.core.internal import ratelimit
from django.http import HttpRequest

from tifo.accounts.public import spend_work
from tifo.delivery.public import named_by
from tifo.fans.public import Fan, fans
from tifo.ui.public import speak_to

# Counted in Django's cache, which all processes share. Behind one stadium's address there are many fans.
LIMITS = {
    "join": "30/m/ip,600/h/ip",  # with a proof of work
    "join-bare": "10/m/ip,60/h/ip",
    "join-address": "3/h/key,6/d/key",
    "answer": "6/h/key",
    "link": "60/m/ip",
}


@dataclass(frozen=True)
class Person:
    """The fan whose things are shown. `token`: of the mail by which she came, empty when she signed in."""

    fan: Fan
    token: str = ""
    purpose: str = ""
    proof: Mapping[str, object] = field(default_factory=dict)

    @property
    def signed_in(self) -> bool:
        return not self.token


def within(request: HttpRequest, action: str, key: str | None = None) -> bool:
    """Count one try; False when there were too many."""
    return bool(ratelimit.consume(request, app="tifo.fanclub", action=action, config=LIMITS, key=key))


def within_by_work(request: HttpRequest, action: str) -> bool:
    """The same; who did no work may try less often."""
    worked = spend_work(action, request.POST.get("work", ""))
    return within(request, action if worked else f"{action}-bare")


def signed_in_fan(request: HttpRequest) -> Fan | None:
    """The fan whose account this is, if it is one's; on pages of the club."""
    fan: Fan | None = request.fan  # type: ignore[attr-defined]
    return fan


def named_person(token: str) -> Person | None:
    """Exactly the fan whom the token of a mail names; None for any other text, and once she was erased."""
    named = named_by(token)
    if named is None:
        return None
    fan = fans([named.fan_id]).get(named.fan_id)
    if fan is None or fan.erased_at:
        return None
    proof = {"by": "token of a mail", "mailing": named.mailing_id, "message": named.message_id}
    return Person(fan, token, named.purpose, proof)


def person_of(request: HttpRequest) -> Person | None:
    """Whose preferences these are: those of the token where there is one, else her own."""
    token = request.POST.get("t") or request.GET.get("t") or ""
    if token:
        person = named_person(token)
    else:
        fan = signed_in_fan(request)
        person = Person(fan, proof={"by": "account", "account": request.user.pk}) if fan else None
    if person is not None:
        speak_to(request, person.fan.language)
    return person
