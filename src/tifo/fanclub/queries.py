"""Reading: who an account is, her home, her sessions, what she may say yes to."""

import struct
from datetime import date
from zoneinfo import ZoneInfo

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import get_user_model
from django.db.models import Count, Q

from tifo.consents.public import age_needed, consent_states, consents_of, may_give, notice, purposes
from tifo.delivery.public import sent_to
from tifo.fanclub import rules
from tifo.fanclub.models import Joining, News
from tifo.fanclub.models import Source as SourceRow
from tifo.fanclub.types import (
    Countdown,
    Day,
    Fresh,
    HerPoints,
    Home,
    Offer,
    Received,
    ShownNews,
    Source,
    Teaser,
    Wish,
)
from tifo.fans.public import Fan, fans
from tifo.kernel.public import clock, tokens
from tifo.points.public import balances, way_up
from tifo.preferences.public import Preference, Topic, preferences_of, topics
from tifo.quests.public import OpenQuest, open_quests
from tifo.rewards.public import OpenOffer, open_offers
from tifo.spectators.public import HeldTicket, Session, first_and_last, sessions, tickets_held

JOINING, ANSWER = "fanclub.joining", "fanclub.answer"
_JOINING = struct.Struct(">Q")
_ANSWER = struct.Struct(">QQ")
_FRESH, _TEASED = 3, 4
_LAST_MAILS, _LOOKED_BACK = 5, 40


def may_enter_by_letter(user_id: int) -> bool:
    """Whether a link that reached her mailbox is enough to sign in: not for staff, nor with a second factor."""
    user = get_user_model().objects.filter(pk=user_id, is_active=True).first()
    return user is not None and not user.is_staff and not is_mfa_enabled(user)


# Tokens of our letters: numbers only


def joining_token(joining_id: int) -> str:
    """Opens the page that confirms a wish."""
    return tokens.sign(JOINING, _JOINING.pack(joining_id))


def waiting(token: str) -> tuple[Joining, Wish] | None:
    """The wish that this token confirms, while it waits; None for anything else."""
    row = joining_of(token)
    if row is None or row.confirmed_at or clock.over(row.expires_at):
        return None
    return row, rules.read_wish(row.wish)


def joining_of(token: str) -> Joining | None:
    """The row that this token names, whatever became of it."""
    payload = tokens.read(JOINING, token)
    if payload is None or len(payload) != _JOINING.size:
        return None
    return Joining.objects.filter(pk=_JOINING.unpack(payload)[0]).first()


def answer_token(fan_id: int, version: int, purpose: str) -> str:
    """Opens the page that confirms one yes of a fan who asked for it without signing in."""
    return tokens.sign(ANSWER, _ANSWER.pack(fan_id, version) + purpose.encode("ascii"))


def asked_answer(token: str) -> tuple[Fan, str] | None:
    """The fan and the purpose, while that very request waits."""
    payload = tokens.read(ANSWER, token)
    if payload is None or len(payload) <= _ANSWER.size:
        return None
    fan_id, version = _ANSWER.unpack(payload[: _ANSWER.size])
    purpose = payload[_ANSWER.size :].decode("ascii")
    for state in consent_states(fan_id):
        if (state.purpose, state.version, state.state) == (purpose, version, "pending"):
            fan = fans([fan_id])[fan_id]
            return None if fan.erased_at else (fan, purpose)
    return None


# Where people join from


def open_source_named(code: str) -> Source | None:
    """The place with this code, while people may join from there."""
    row = SourceRow.objects.filter(code=code, closed_at=None).first() if len(code) <= 40 else None
    return None if row is None else _source(row)


def sources() -> list[Source]:
    """All places, the newest first, with what came from each within a week or was confirmed."""
    counts = Joining.objects.exclude(source="").order_by().values("source")
    asked = {
        row["source"]: (row["asked"], row["confirmed"])
        for row in counts.annotate(asked=Count("id"), confirmed=Count("confirmed_at"))
    }
    return [
        _source(row, *asked.get(row.code, (0, 0)))
        for row in SourceRow.objects.order_by("-created_at", "code")
    ]


def _source(row: SourceRow, asked: int = 0, confirmed: int = 0) -> Source:
    return Source(row.code, row.name, row.campaign, row.created_at, row.closed_at, asked, confirmed)


# What she may say yes to


def offers(
    language: str, *, fan: Fan | None = None, birth_date: date | None = None, country: str | None = None
) -> list[Offer]:
    """Every purpose in its exact wording, with what this fan said of it; or for somebody of this age and country."""
    born, where = (fan.birth_date, fan.country) if fan else (birth_date, country)
    states = {state.purpose: state for state in consent_states(fan.id)} if fan else {}
    today = clock.now().date()
    found = []
    for purpose in purposes():
        worded = notice(purpose.key, language)
        state = states.get(purpose.key)
        found.append(
            Offer(
                key=purpose.key,
                name=purpose.name(language),
                description=purpose.descriptions.get(language) or purpose.descriptions.get("en", ""),
                notice_id=worded.id,
                notice=worded.text,
                notice_language=worded.language,
                age=age_needed(where, purpose.key),
                allowed=may_give(born, where, purpose.key, today),
                state=state.state if state else "",
                since=state.moment if state else None,
            )
        )
    return found


def may_give_now(fan: Fan, purpose: str) -> bool:
    """Whether she is old enough today."""
    return may_give(fan.birth_date, fan.country, purpose, clock.now().date())


def joining_age(country: str) -> int:
    """From which age somebody of this country decides about her data herself."""
    return age_needed(country, "newsletter")


def old_enough_to_join(birth_date: date, country: str) -> bool:
    """Below that age we keep nothing of her, however much she wishes: somebody else has to decide."""
    return may_give(birth_date, country, "newsletter", clock.now().date())


# Her pages


def home(fan: Fan, language: str) -> Home:
    """Her first page, in the language that she reads it in."""
    tastes = preferences_of(fan.id)
    held = tickets_held([fan.id], upcoming_from=clock.now()).get(fan.id, [])
    to_do = tuple(_teaser(quest, quest.played) for quest in open_quests(fan, language))
    step = rules.next_step(
        said_tastes=any(taste.declared for taste in tastes),
        consents=consents_of(fan.id),
        may_be_written_to=may_give_now(fan, "newsletter"),
        tickets=len(held),
        quests=sum(not one.done for one in to_do),
    )
    return Home(
        fan=fan,
        step=step,
        ticket=held[0] if held else None,
        more_tickets=max(0, len(held) - 1),
        fresh=_fresh(tastes, held),
        tastes=tuple(taste for taste in tastes if taste.score >= rules.LIKED),
        offers=tuple(offers(language, fan=fan)),
        received=_received(fan.id, language),
        countdown=countdown(),
        points=_points(fan.id, language),
        news=tuple(news(language)),
        to_do=tuple(sorted(to_do, key=lambda one: one.done))[:_TEASED],
        to_win=tuple(_teaser(offer, offer.entered) for offer in open_offers(fan, language))[:_TEASED],
    )


def countdown() -> Countdown | None:
    """How far the event is, by the days of its venues; None while its programme is not known."""
    ends = first_and_last()
    if ends is None:
        return None
    first, last = ends
    here = ZoneInfo(first.timezone)
    return rules.countdown(
        clock.now().astimezone(here).date(),
        first.starts_at.astimezone(here).date(),
        last.starts_at.astimezone(ZoneInfo(last.timezone)).date(),
    )


def _teaser(one: OpenQuest | OpenOffer, done: bool) -> Teaser:
    return Teaser(one.title, one.lead, one.href, one.closes_at, one.points, done)


def news(language: str, *, limit: int = 3) -> list[ShownNews]:
    """What is told now, the newest first."""
    told = News.objects.filter(Q(until=None) | Q(until__gt=clock.now()), taken_down=False)
    return [_news(row, language) for row in told.order_by("-published_at", "-pk")[:limit]]


def _news(row: News, language: str) -> ShownNews:
    spoken = language if language in row.texts else "en"
    title, text = row.texts[spoken]
    return ShownNews(
        row.pk, title, text, spoken, row.link, row.published_at, row.until, tuple(sorted(row.texts))
    )


def _points(fan_id: int, language: str) -> HerPoints | None:
    """None until there is a first point, or a level to reach."""
    has, way = balances([fan_id]).get(fan_id), way_up(fan_id)
    if has is None:
        return None
    return HerPoints(
        has.points,
        way.level.name(language) if way.level else "",
        way.next.name(language) if way.next else "",
        way.missing,
    )


def _received(fan_id: int, language: str) -> tuple[Received, ...]:
    """The last mails that she got; codes and confirmations are none."""
    names = {purpose.key: purpose.name(language) for purpose in purposes()}
    mails = [one for one in sent_to(fan_id, _LOOKED_BACK) if one.state == "accepted" and one.mailing_id]
    return tuple(
        Received(names.get(one.purpose, one.purpose), one.label.replace("-", " ").capitalize(), one.at)
        for one in mails[:_LAST_MAILS]
    )


def _fresh(tastes: list[Preference], held: list[HeldTicket]) -> tuple[Fresh, ...]:
    """Sessions to come, a sport once: of the sports she likes, most liked first; then what comes next."""
    now, mine = clock.now(), {ticket.code for ticket in held}
    coming: dict[str, Session] = {}
    for one in sessions():
        if one.starts_at > now and one.code not in mine:
            coming.setdefault(rules.sport_slug(one.sport), one)
    liked = [taste for taste in tastes if taste.score >= rules.LIKED and taste.topic.slug in coming]
    known = {
        taste.topic.slug
        for taste in tastes
        if taste.score >= rules.LIKED or taste.score < rules.LIKED_A_LITTLE
    }
    others = [Fresh(one, None) for slug, one in coming.items() if slug not in known]
    return (*(Fresh(coming[taste.topic.slug], taste) for taste in liked), *others)[:_FRESH]


def her_sessions(fan_id: int) -> tuple[tuple[Day, ...], tuple[Day, ...]]:
    """(to come and under way, over) by day at the venue; the ones that are over latest first."""
    now = clock.now()
    held = tickets_held([fan_id]).get(fan_id, [])
    return (
        rules.by_day(ticket for ticket in held if ticket.ends_at > now),
        rules.by_day(ticket for ticket in reversed(held) if ticket.ends_at <= now),
    )


def more_topics(tastes: list[Preference]) -> dict[str, list[Topic]]:
    """Topics that nothing is known of yet, by kind."""
    known = {taste.topic.slug for taste in tastes}
    found: dict[str, list[Topic]] = {}
    for topic in topics():
        if topic.slug not in known:
            found.setdefault(topic.kind, []).append(topic)
    return found
