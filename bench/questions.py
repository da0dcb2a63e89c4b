"""Ten audiences as they are asked in a house: from one attribute to everything at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

TOP = "top 100,000 by taste"
AUDIENCES = (
    # the two of the design; nobody is asked yet how she comes, so the second asks for a consent instead
    'club.member and language in ("fr", "en") and consents("newsletter") and likes("judo") >= 0.6 '
    "and not holds_ticket() and opened(within: 30 days) >= 1 and contacted(within: 3 days) = 0",
    'holds_ticket(venue: "STA", day: 2024-08-02) and consents("ticketing")',
    "clicked(within: 60 days) >= 3",
    "received(within: 90 days) >= 5 and opened(within: 90 days) = 0",
    'holds_ticket(venue: "STA") and holds_ticket(venue: "CDM") and not club.member',
    TOP,
    'consents("newsletter") and reachable("email")',
    'likes("judo") >= 0.6 and not holds_ticket()',
    'sessions_held() >= 3 and country in ("FR", "GB") and consents("ticketing")',
    "age >= 18 and age < 26 and club.member and opened(within: 30 days) >= 1",
)
_TOP_SQL = (
    "SELECT count(*) FROM (SELECT preference.fan_id FROM preference JOIN fan ON fan.fan_id = preference.fan_id "
    "WHERE preference.topic = 'judo' AND NOT fan.erased "
    "ORDER BY preference.score DESC, preference.fan_id LIMIT 100000) AS keenest"
)


@dataclass(frozen=True)
class Question:
    """A statement in DuckDB's SQL that counts an audience."""

    text: str
    sql: str
    params: Mapping[str, Any]


def question(text: str, now: datetime) -> Question:
    """The statement that audiences compile `text` to; the language has no word for the keenest, so that is written."""
    from tifo.audiences.public import condition

    if text == TOP:
        return Question(text, _TOP_SQL, {})
    asked = condition(text, fan="fan", now=now)
    return Question(text, f"SELECT count(*) FROM fan WHERE {asked.sql}", asked.params)
