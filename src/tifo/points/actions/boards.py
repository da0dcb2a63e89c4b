"""She stands on the boards because she wants to, under the name that she chose."""

from unicodedata import category

from django.db import transaction

from tifo.fans.public import Fan, fans, lock_fan
from tifo.kernel.public import Refused, clock
from tifo.kernel.public import sentence as _
from tifo.points import rules
from tifo.points.models import BadgeGiven, Board


def stand_on_boards(fan_id: int, name: str) -> None:
    """From now on, until she leaves them. Who is not of age, or does not say, stands there without a name."""
    called = " ".join(name.split())
    with transaction.atomic():
        fan = lock_fan(fan_id)
        if fan.erased_at:
            raise Refused(_("this fan was erased"))
        her = fans([fan_id])[fan_id]
        if rules.of_age(her.birth_date, clock.now().date()):
            _checked(called)
        else:
            called = ""
        Board.objects.update_or_create(fan_id=fan_id, defaults={"name": called, **_known(her)})


def leave_boards(fan_id: int) -> None:
    """Nothing of her stands there any more."""
    Board.objects.filter(fan_id=fan_id).delete()


def follow_facts(fan_id: int) -> None:
    """Her country and year follow what is known of her; a name goes where she turns out not to be of age."""
    her = fans([fan_id]).get(fan_id)
    if her is None:
        return
    said = _known(her)
    if not rules.of_age(her.birth_date, clock.now().date()):
        said["name"] = ""
    Board.objects.filter(fan_id=fan_id).update(**said)


def forget_shown(fan_id: int) -> None:
    """She was erased: neither badge nor board."""
    Board.objects.filter(fan_id=fan_id).delete()
    BadgeGiven.objects.filter(fan_id=fan_id).delete()


def _known(fan: Fan) -> dict[str, object]:
    return {
        "country": fan.country or "",
        "birth_year": fan.birth_date.year if fan.birth_date else None,
    }


def _checked(name: str) -> None:
    if not 2 <= len(name) <= 30:
        raise Refused(_("choose a name of 2 to 30 characters"))
    if any(category(sign) in ("Cc", "Cf", "Co", "Cs") for sign in name) or any(
        sign in "@/\\<>" for sign in name
    ):
        raise Refused(_("choose a name of letters: no address, no link, no hidden signs"))
