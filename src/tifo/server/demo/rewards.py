"""The demo's offers: one drawn last week, which anybody can check, and two that are open."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from tifo.fans.public import Fan, fan_by_email, newest_fans
from tifo.kernel.public import clock
from tifo.rewards.public import (
    AwardState,
    Beacon,
    State,
    claim,
    draw,
    enter,
    freeze,
    mine,
    offers,
    open_offer,
    read_offer_file,
)
from tifo.server.demo.world import FIRST_FAN

ENTRANTS = 60
SECRETS = {name: sha256(f"valmera {name}".encode()).hexdigest() for name in ("organiser", "bailiff")}
PARTIES = ", ".join(
    f"{name}: {sha256(bytes.fromhex(secret)).hexdigest()}" for name, secret in SECRETS.items()
)
NIGHT = """offer: opening-night
title: {{en: The opening night, fr: La soirée d’ouverture, es: La noche inaugural, ar: ليلة الافتتاح}}
lead: {{en: Two seats each for ten fans., fr: Deux places pour chacun de dix fans., es: Dos asientos para diez fans., ar: مقعدان لكل من عشرة مشجعين.}}
terms: {{en: One entry for each member. Ten are drawn., fr: Une participation par membre. Dix sont tirés au sort., es: Una participación por miembro. Se sortean diez., ar: مشاركة واحدة لكل عضو. تُسحب عشر.}}
opens: {opens}
closes: {closes}
places: 10
claim_days: 20
randomness: {{source: reveal, margin: 1800, parties: {{{parties}}}}}
"""
BIBS = """offer: marathon-bibs
title: {{en: Run the marathon, fr: Cours le marathon, es: Corre el maratón, ar: اركض في الماراثون}}
lead: {{en: Fifty bibs among those who moved., fr: Cinquante dossards pour qui a bougé., es: Cincuenta dorsales para quienes se movieron., ar: خمسون رقمًا لمن تحرّك.}}
terms: {{en: Whoever has 60 points may enter. More points give more tickets., fr: Il faut 60 points pour participer. Plus de points donnent plus de chances., es: Hacen falta 60 puntos. Más puntos dan más papeletas., ar: المشاركة لمن لديه 60 نقطة. النقاط الأكثر تعطي فرصًا أكثر.}}
opens: {opens}
closes: {closes}
strata:
- {{key: first-time, places: 25, name: {{en: My first marathon, fr: Mon premier marathon, es: Mi primer maratón, ar: أول ماراثون لي}}}}
- {{key: again, places: 25, name: {{en: I have run one, fr: J’en ai couru un, es: Ya corrí uno, ar: سبق أن ركضت}}}}
inputs: {{points: [0, 60, 200, 400]}}
eligible: [points >= 60]
weights: {{cap: 3, points: {{200: 1, 400: 2}}}}
age: 18
"""
SCARVES = """offer: scarves
method: first-come
title: {{en: A scarf of Valmera, fr: Une écharpe de Valmera, es: Una bufanda de Valmera, ar: وشاح فالميرا}}
lead: {{en: Forty points and it is yours., fr: Quarante points et elle est à toi., es: Cuarenta puntos y es tuya., ar: أربعون نقطة وهو لك.}}
terms: {{en: One for each member while there are some., fr: Une par membre tant qu’il y en a., es: Una por miembro mientras queden., ar: واحد لكل عضو ما دام متوفرًا.}}
opens: {opens}
closes: {closes}
places: 200
price: 40
"""


def load_rewards(first_day: date) -> None:
    """The same however often it is asked for."""
    today = datetime(first_day.year, first_day.month, first_day.day, 8, tzinfo=UTC)
    entrants = [fan for fan in newest_fans(limit=ENTRANTS * 3) if fan.member_since][:ENTRANTS]
    lea = fan_by_email(FIRST_FAN)
    if lea is not None and lea.id not in {fan.id for fan in entrants}:
        entrants.append(lea)
    if entrants and State.DRAWN not in {one.state for one in offers() if one.name == "opening-night"}:
        _opening_night(today, entrants)
    for text in (BIBS, SCARVES):
        if text.split("\n", 1)[0].removeprefix("offer: ") not in {one.name for one in offers()}:
            open_offer(read_offer_file(_dated(text, today - timedelta(days=1), today + timedelta(days=20))))


def _opening_night(today: datetime, entrants: list[Fan]) -> None:
    opens, closes = today - timedelta(days=12), today - timedelta(days=5)
    with _at(opens):
        open_offer(read_offer_file(_dated(NIGHT, opens, closes)))
        for fan in entrants:
            enter(fan.id, "opening-night")
    with _at(closes):
        freeze("opening-night")
    with _at(closes + timedelta(hours=1)):
        draw("opening-night", Beacon(secrets=SECRETS))
    with _at(closes + timedelta(days=1)):
        for fan in entrants[:30]:
            if mine("opening-night", fan.id).award is AwardState.OFFERED:
                claim(fan.id, "opening-night")


def _dated(text: str, opens: datetime, closes: datetime) -> str:
    return text.format(opens=opens.isoformat(), closes=closes.isoformat(), parties=PARTIES)


@contextmanager
def _at(moment: datetime) -> Iterator[None]:
    """What is done within was done then: a demo has a past."""
    now = clock.now
    clock.now = lambda: moment
    try:
        yield
    finally:
        clock.now = now
