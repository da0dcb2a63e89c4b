"""A deed earns points by the rule in force, once."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Sum

from tifo.kernel.public import Refused, clock
from tifo.kernel.public import sentence as _
from tifo.points import rules
from tifo.points.actions.books import Books, Conflict, opened
from tifo.points.actions.levels import place
from tifo.points.models import Deed, Rule, Transfer
from tifo.points.types import Currency, Earned
from tifo.points.types import Rule as RuleValue

CLOCKS_DIFFER = timedelta(minutes=5)


def publish_rule(rule: RuleValue) -> int:
    """Put a rule in force; its version. The same contents again are the same version."""
    rules.checked_rule(rule)
    with transaction.atomic():
        last = newest_rule(rule.key, lock=True)
        if last is not None and _said(last) == rule:
            return last.version
        version = last.version + 1 if last else 1
        Rule.objects.create(version=version, published_at=clock.now(), **vars(rule))
    return version


def earn(fan_id: int, rule_key: str, event: str, *, quantity: int = 1, at: datetime | None = None) -> Earned:
    """She did something that earns. `event` names it within the rule: told again, nothing more is earned.

    `quantity` in the rule's unit; `at`: when she did it, now if not said. Told again with another quantity or
    moment is a Conflict; refused for an erased fan, an unknown rule, and a moment to come.
    """
    moment = clock.now()
    said = at or moment
    if said > moment + CLOCKS_DIFFER:
        raise Refused(_("what earns points has happened already; its moment lies ahead"))
    if not event or len(event) > 120:
        raise Refused(_("a deed needs a name of 1 to 120 characters"))
    if not 0 <= quantity <= rules.MOST:
        raise Refused(_("a quantity lies between 0 and %(most)s", most=f"{rules.MOST:,}"))
    with transaction.atomic():
        books = opened(fan_id)
        known = Deed.objects.filter(fan_id=fan_id, rule_key=rule_key, event=event).first()
        if known is not None:
            if known.quantity != quantity or (at is not None and known.at != at):
                raise Conflict(_("“%(event)s” was told before with another quantity or moment", event=event))
            return earned_by(known.id, again=True)
        rule = newest_rule(rule_key)
        if rule is None:
            raise Refused(_("there is no rule “%(key)s”", key=rule_key[:80]))
        deed = Deed.objects.create(
            rule_key=rule_key, event=event, fan_id=fan_id, quantity=quantity, at=said, recorded_at=moment
        )
        return reward(books, deed, rule)


def reward(books: Books, deed: Deed, rule: Rule) -> Earned:
    """Write what a deed earns by a version of its rule, within the rule's bounds."""
    left = None if rule.day_cap is None else max(0, rule.day_cap - _earned_on_day(deed))
    points = rules.amount(rule.points, rule.per, deed.quantity, rule.event_cap, left)
    status = rules.amount(rule.status, rule.per, deed.quantity)
    given: tuple[tuple[Currency, int], ...] = (("points", points), ("status", status))
    for currency, amount in given:
        if amount:
            entry = books.entry(
                "earn",
                currency,
                amount,
                f"earn:{deed.id}:{rule.id}:{currency}",
                deed_id=deed.id,
                rule=rule,
                about=deed.event,
                effective_at=deed.at,
            )
            books.credit(entry, deed.at + timedelta(days=rule.life_days) if rule.life_days else None)
    place(books)
    return Earned(deed.id, points, status, points < rules.amount(rule.points, rule.per, deed.quantity), False)


def newest_rule(key: str, *, lock: bool = False) -> Rule | None:
    """The version in force."""
    found = Rule.objects.filter(key=key).order_by("-version")
    return (found.select_for_update() if lock else found).first()


def earned_by(deed_id: int, *, again: bool) -> Earned:
    """What a deed earned and was not reversed."""
    undone = Transfer.objects.filter(deed_id=deed_id, kind="reverse").values("reverses_id")
    standing = Transfer.objects.filter(deed_id=deed_id, kind="earn").exclude(id__in=undone)
    sums = dict(standing.order_by().values_list("currency").annotate(sum=Sum("amount")))
    rule = standing.values_list("rule", flat=True).first()
    return Earned(deed_id, sums.get("points", 0), sums.get("status", 0), rule is None, again)


def worth_of(fan_id: int, rule_key: str, event: str) -> int:
    """How many points a deed brought that still stand; none for a deed that nobody told."""
    deed = Deed.objects.filter(fan_id=fan_id, rule_key=rule_key, event=event).first()
    return earned_by(deed.id, again=True).points if deed else 0


def _earned_on_day(deed: Deed) -> int:
    """Points that stand from this rule's other deeds of the same day (UTC)."""
    day = deed.at.replace(hour=0, minute=0, second=0, microsecond=0)
    hers = Transfer.objects.filter(
        fan_id=deed.fan_id,
        currency="points",
        effective_at__gte=day,
        effective_at__lt=day + timedelta(days=1),
    )
    undone = hers.filter(kind="reverse").values("reverses_id")
    standing = hers.filter(kind="earn", rule__key=deed.rule_key).exclude(id__in=undone)
    return standing.aggregate(sum=Sum("amount"))["sum"] or 0


def _said(rule: Rule) -> RuleValue:
    return RuleValue(**{name: getattr(rule, name) for name in RuleValue.__dataclass_fields__})
