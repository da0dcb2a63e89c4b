"""Reading for the desk: a fan's whole page, the list, the imports. All of it through the doors of those who know."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import get_language, gettext

from tifo.accounts.public import names_of
from tifo.consents.public import (
    ConsentState,
    Entry,
    Notice,
    Purpose,
    consent_states,
    ledger,
    notices_by_id,
    purposes,
)
from tifo.delivery.public import FeedbackLine, SentMessage, heard_of, sent_to, suppressed_for
from tifo.fans.public import Fan, destination_key, fan_count, fans, identities_of
from tifo.kernel.public import Refused, clock
from tifo.lake.public import current_generation, looking
from tifo.preferences.public import Preference, preferences_of
from tifo.registry.models import ImportRun
from tifo.spectators.public import Ticket, tickets_of

MOST_MOMENTS = 200
"""Lines of a timeline on the page; the export holds all."""


@dataclass(frozen=True)
class Consent:
    """A purpose and where she stands with it: `state` is None where she never answered."""

    purpose: Purpose
    name: str
    state: ConsentState | None
    entries: tuple["Proof", ...]

    @property
    def signal(self) -> str:
        """How it is shown."""
        known = {"given": "good", "withdrawn": "stop", "pending": "watch"}
        return known[self.state.state] if self.state else ""


@dataclass(frozen=True)
class Proof:
    """A line of her ledger with the wording that she saw."""

    entry: Entry
    notice: Notice | None
    said: str
    by: str


@dataclass(frozen=True)
class Moment:
    """Something that happened, for the timeline."""

    at: datetime
    title: str
    text: str = ""
    signal: str = ""


@dataclass(frozen=True)
class FanPage:
    """All that is known of one fan."""

    fan: Fan
    name: str
    identities: tuple[tuple[str, str], ...]
    consents: tuple[Consent, ...]
    tastes: tuple[tuple[str, Preference], ...]  # the topic's name in the reader's language
    tickets: tuple[Ticket, ...]
    messages: tuple[SentMessage, ...]
    moments: tuple[Moment, ...]
    heard: tuple[FeedbackLine, ...]  # what came back
    barred: str  # why nothing is sent to her address; empty where it may be


@dataclass(frozen=True)
class Growth:
    """How the base grew: fans who joined per week, oldest first, as the lake knows it."""

    total: int
    this_week: int
    weeks: tuple[tuple[datetime, int], ...]
    as_of: datetime | None


def display_name(fan: Fan) -> str:
    """How a fan is called on screens."""
    name = " ".join(part for part in (fan.first_name, fan.last_name) if part)
    return name or fan.email or fan.phone or fan.external_id or gettext("Fan %(id)s") % {"id": fan.id}


def fan_of(fan_id: int) -> Fan:
    """One fan. Refused where there is none."""
    fan = fans([fan_id]).get(fan_id)
    if fan is None:
        raise Refused(gettext("There is no fan %(id)s.") % {"id": fan_id})
    return fan


def fan_page(fan_id: int) -> FanPage:
    """Everything tifo knows of a fan, in the reader's language. Refused where there is none."""
    fan = fan_of(fan_id)
    language = get_language() or "en"
    consents = _consents(fan_id)
    messages = tuple(sent_to(fan_id))
    return FanPage(
        fan=fan,
        name=display_name(fan),
        identities=tuple(identities_of(fan_id)),
        consents=consents,
        tastes=tuple((taste.topic.name(language), taste) for taste in preferences_of(fan_id)),
        tickets=tuple(tickets_of(fan_id)),
        messages=messages,
        moments=_moments(fan, consents, messages),
        heard=tuple(heard_of(fan_id)),
        barred=suppressed_for(destination_key("email", fan.email)) if fan.email else "",
    )


def _consents(fan_id: int) -> tuple[Consent, ...]:
    language = get_language() or "en"
    states = {state.purpose: state for state in consent_states(fan_id)}
    entries = ledger(fan_id)
    wordings = notices_by_id({entry.notice_id for entry in entries if entry.notice_id})
    staff = names_of({by for entry in entries if isinstance(by := entry.proof.get("by"), int)})
    found = []
    for purpose in purposes():
        proofs = tuple(
            Proof(
                entry,
                wordings.get(entry.notice_id) if entry.notice_id else None,
                _act(entry.act),
                _by(entry, staff),
            )
            for entry in reversed(entries)
            if entry.purpose == purpose.key
        )
        found.append(Consent(purpose, purpose.name(language), states.get(purpose.key), proofs))
    return tuple(found)


def _act(act: str) -> str:
    return {
        "given": gettext("said yes"),
        "withdrawn": gettext("said no"),
        "requested": gettext("was asked to confirm"),
    }[act]


def _by(entry: Entry, staff: Mapping[int, str]) -> str:
    by = entry.proof.get("by")
    return staff.get(by, "") if isinstance(by, int) else ""


def _moments(
    fan: Fan, consents: tuple[Consent, ...], messages: tuple[SentMessage, ...]
) -> tuple[Moment, ...]:
    found = [Moment(fan.joined_at, gettext("Came from %(source)s") % {"source": fan.source}, signal="info")]
    if fan.member_since:
        found.append(Moment(fan.member_since, gettext("Joined the club"), signal="good"))
    if fan.erased_at:
        found.append(Moment(fan.erased_at, gettext("Was erased"), signal="stop"))
    signals = {"given": "good", "withdrawn": "stop", "requested": "watch"}
    for consent in consents:
        for proof in consent.entries:
            title = gettext("%(purpose)s: %(said)s") % {"purpose": consent.name, "said": proof.said}
            found.append(Moment(proof.entry.moment, title, proof.entry.source, signals[proof.entry.act]))
    for message in messages:
        title = gettext("Was sent “%(label)s”") % {"label": message.label}
        found.append(Moment(message.at, title, state_words(message.state)))
        if message.unsubscribed_at:
            title = gettext("Unsubscribed from “%(label)s”") % {"label": message.label}
            found.append(Moment(message.unsubscribed_at, title, signal="stop"))
    return tuple(sorted(found, key=lambda moment: moment.at, reverse=True)[:MOST_MOMENTS])


def state_words(state: str) -> str:
    """How the state of a message is called on the page."""
    return {
        "planned": gettext("planned"),
        "claimed": gettext("on its way"),
        "committing": gettext("on its way"),
        "accepted": gettext("handed over"),
        "refused": gettext("refused"),
        "unknown": gettext("unknown"),
        "suppressed": gettext("not sent"),
        "expired": gettext("expired"),
        "cancelled": gettext("cancelled"),
    }.get(state, state)


def feedback_words(kind: str) -> str:
    """How what came back is called on the page."""
    return {
        "hard": gettext("bounced: the address is gone"),
        "soft": gettext("bounced: not now"),
        "blocked": gettext("bounced: her server blocks us"),
        "complaint": gettext("she called it spam"),
        "stop": gettext("she wrote STOP"),
    }.get(kind, kind)


def growth(weeks: int = 26) -> Growth:
    """The base's growth. Empty where the lake wasn't filled yet."""
    if current_generation() is None:
        return Growth(fan_count(), 0, (), None)
    with looking() as reader:
        now = clock.this_minute()
        start = now - timedelta(weeks=weeks)
        found = reader.sql(
            "SELECT date_trunc('week', joined_at) AS week, count(*) AS fans FROM fan "
            "WHERE NOT erased AND joined_at > $start GROUP BY 1 ORDER BY 1",
            {"start": start},
        ).to_pylist()
        recent = reader.sql(
            "SELECT count(*) AS total, count(*) FILTER (joined_at > $start) AS fans FROM fan WHERE NOT erased",
            {"start": now - timedelta(days=7)},
        ).to_pylist()
        return Growth(
            int(recent[0]["total"]),
            int(recent[0]["fans"]),
            tuple((row["week"], int(row["fans"])) for row in found),
            reader.as_of,
        )


def recent_imports(limit: int = 20) -> list[ImportRun]:
    """The latest imports that were begun, newest first; dry runs of the command aren't among them."""
    return list(
        ImportRun.objects.exclude(by_worker=False, step__in=("checking", "checked")).order_by("-pk")[:limit]
    )
