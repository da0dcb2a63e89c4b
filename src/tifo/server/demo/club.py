"""The demo's club: levels, badges, what its players earned until now, and where people join from."""

import random
from datetime import UTC, date, datetime, timedelta

from tifo.fanclub.public import open_source
from tifo.fans.public import Fan, fan_by_email, newest_fans
from tifo.points.public import (
    Level,
    Rule,
    earn,
    name_cause,
    publish_rule,
    set_badge,
    set_ladder,
    spend,
    stand_on_boards,
)
from tifo.server.demo.world import FIRST_FAN

PLAYERS = 60
LEVELS = (
    Level(1, "bronze", {"en": "Bronze", "fr": "Bronze", "es": "Bronce", "ar": "برونزي"}, 20, 20),
    Level(2, "silver", {"en": "Silver", "fr": "Argent", "es": "Plata", "ar": "فضي"}, 60, 45),
    Level(3, "gold", {"en": "Gold", "fr": "Or", "es": "Oro", "ar": "ذهبي"}, 150, 120),
)
RULES = (
    Rule("sport/walk", "metre", points=5, status=1, per=1000, day_cap=150),
    Rule("sport/run", "metre", points=10, status=2, per=1000, day_cap=300),
    Rule("sport/bike", "metre", points=5, status=1, per=2000, day_cap=300),
    Rule("club/welcome", "once", points=50, status=10, life_days=365),
)
CAUSES = {
    "sport/walk": {"en": "Walking", "fr": "De la marche", "es": "Caminar", "ar": "المشي"},
    "sport/run": {"en": "Running", "fr": "De la course", "es": "Correr", "ar": "الجري"},
    "sport/bike": {"en": "Cycling", "fr": "Du vélo", "es": "Bici", "ar": "ركوب الدراجة"},
    "club/welcome": {
        "en": "Welcome to the club",
        "fr": "Bienvenue au club",
        "es": "Bienvenida al club",
        "ar": "أهلًا بك في النادي",
    },
    "shop/scarf": {
        "en": "A scarf of Valmera",
        "fr": "Une écharpe de Valmera",
        "es": "Una bufanda de Valmera",
        "ar": "وشاح فالميرا",
    },
}
BADGES = {
    "level-bronze": (
        {"en": "Bronze fan", "fr": "Fan de bronze", "es": "Fan de bronce", "ar": "مشجع برونزي"},
        {"en": "Twenty status points.", "fr": "Vingt points de statut.", "es": "Veinte puntos de estatus.", "ar": "عشرون نقطة مكانة."},
    ),
    "level-silver": (
        {"en": "Silver fan", "fr": "Fan d’argent", "es": "Fan de plata", "ar": "مشجع فضي"},
        {"en": "Sixty status points.", "fr": "Soixante points de statut.", "es": "Sesenta puntos de estatus.", "ar": "ستون نقطة مكانة."},
    ),
    "level-gold": (
        {"en": "Golden fan", "fr": "Fan d’or", "es": "Fan de oro", "ar": "مشجع ذهبي"},
        {"en": "A hundred and fifty status points.", "fr": "Cent cinquante points de statut.", "es": "Ciento cincuenta puntos de estatus.", "ar": "مئة وخمسون نقطة مكانة."},
    ),
}  # fmt: skip
PLACES = (
    ("city-festival", "City festival", "Summer of Valmera"),
    ("station-poster", "Poster at the station", "Summer of Valmera"),
    ("lake-radio", "The site of Lake Radio", ""),
)


def load_club(*, seed: int, first_day: date) -> None:
    """All of it; again and again the same."""
    set_ladder(LEVELS)
    for key, (names, criteria) in BADGES.items():
        set_badge(key, names, criteria)
    for rule in RULES:
        publish_rule(rule)
    for cause, names in CAUSES.items():
        name_cause(cause, names)
    for code, name, campaign in PLACES:
        open_source(code, name, campaign, actor_id=None)
    for number, fan in enumerate(players()):
        _played(random.Random(seed * 1000 + number), fan, first_day)  # noqa: S311  an invented world, the same each time


def players() -> list[Fan]:
    """Léa, and members who were entered last."""
    first = fan_by_email(FIRST_FAN)
    others = [fan for fan in newest_fans(limit=PLAYERS * 3) if fan.member_since and fan.email != FIRST_FAN]
    return [*([first] if first else []), *others[: PLAYERS - 1]]


def _played(rng: random.Random, fan: Fan, first_day: date) -> None:
    """Some weeks of sport; half of them stand on the boards."""
    begun = datetime(first_day.year, first_day.month, first_day.day, 8, tzinfo=UTC) - timedelta(days=40)
    earn(fan.id, "club/welcome", "welcome", at=begun)
    for week in range(rng.randrange(1, 6)):
        rule, metres = rng.choice((("sport/walk", 9_000), ("sport/run", 11_000), ("sport/bike", 38_000)))
        moved = metres + rng.randrange(-4_000, 9_000)
        at = begun + timedelta(days=7 * week + rng.randrange(6), minutes=rng.randrange(700))
        earn(fan.id, rule, f"week {week}", quantity=moved, at=at)
    if fan.email == FIRST_FAN:
        spend(fan.id, 40, "demo-scarf", about="shop/scarf")
    if fan.email == FIRST_FAN or rng.random() < 0.6:
        stand_on_boards(fan.id, f"{fan.first_name or 'Fan'} {(fan.last_name or 'V')[:1]}.")
