"""What a deed earns by a rule."""

import re

from tifo.kernel.public import Refused
from tifo.kernel.public import sentence as _
from tifo.points.types import Rule

KEY = re.compile(r"[a-z0-9][a-z0-9./-]{0,79}")
MOST = 1_000_000_000  # points of one deed, or quantity of one: beyond it a figure is a slip of the hand


def amount(rate: int, per: int, quantity: int, *bounds: int | None) -> int:
    """`rate` for each full `per` of the quantity, cut to the lowest bound that is set; whole numbers throughout."""
    earned = quantity * rate // per
    return max(0, min([earned, *(bound for bound in bounds if bound is not None)]))


def checked_rule(rule: Rule) -> Rule:
    """The rule; refused where it makes no sense."""
    if not KEY.fullmatch(rule.key):
        raise Refused(
            _(
                "“%(key)s” can't name a rule: take small letters, digits, dots, slashes and hyphens, at most 80",
                key=rule.key[:80],
            )
        )
    if not 1 <= rule.per <= MOST:
        raise Refused(_("a rule needs a quantity of at least one to count by"))
    if not 0 <= rule.points <= MOST or not 0 <= rule.status <= MOST:
        raise Refused(_("a rule gives between 0 and %(most)s points", most=f"{MOST:,}"))
    if any(bound is not None and bound < 0 for bound in (rule.event_cap, rule.day_cap)):
        raise Refused(_("a bound on points can't be below zero"))
    if rule.life_days is not None and not 1 <= rule.life_days <= 36_500:
        raise Refused(_("points live between one day and a hundred years, or for ever"))
    return rule
