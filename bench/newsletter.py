"""The campaign that the bench sends: three slots, one of them laid once per ticket, in four languages."""

import json
from pathlib import Path

_TEXTS = {
    "welcome": {
        "en": "# The week that stays\n\nTen days of sport, and you in the middle of it. {0}\n\n[The programme](https://games.example/en)",
        "fr": "# La semaine qui reste\n\nDix jours de sport, et toi au milieu. {0}\n\n[Le programme](https://games.example/fr)",
        "es": "# La semana que queda\n\nDiez días de deporte, y tú en medio. {0}\n\n[El programa](https://games.example/es)",
        "ar": "# أسبوع لا يُنسى\n\nعشرة أيام من الرياضة وأنت في قلبها. {0}\n\n[البرنامج](https://games.example/ar)",
    },
    "last-seats": {
        "en": "## The last seats\n\n[Choose yours](https://tickets.example/en)",
        "fr": "## Les dernières places\n\n[Choisis la tienne](https://tickets.example/fr)",
        "es": "## Las últimas entradas\n\n[Elige la tuya](https://tickets.example/es)",
        "ar": "## آخر المقاعد\n\n[اختر مقعدك](https://tickets.example/ar)",
    },
    "none-left": {
        "en": "## Your tickets are ready\n\n[Open them](https://tickets.example/en/mine)",
        "fr": "## Tes billets sont prêts\n\n[Ouvre-les](https://tickets.example/fr/mine)",
        "es": "## Tus entradas están listas\n\n[Ábrelas](https://tickets.example/es/mine)",
        "ar": "## تذاكرك جاهزة\n\n[افتحها](https://tickets.example/ar/mine)",
    },
    "my-session": {
        "en": '**{{ session.sport }}**, {{ session.venue }}, {{ session.starts_at }}, gate {{ ticket.gate | "see your ticket" }}',
        "fr": '**{{ session.sport }}**, {{ session.venue }}, {{ session.starts_at }}, porte {{ ticket.gate | "sur ton billet" }}',
        "es": '**{{ session.sport }}**, {{ session.venue }}, {{ session.starts_at }}, puerta {{ ticket.gate | "en tu entrada" }}',
        "ar": '**{{ session.sport }}**، {{ session.venue }}، {{ session.starts_at }}، بوابة {{ ticket.gate | "على تذكرتك" }}',
    },
}
_FILLER = {
    "en": "Come early, drink water, cheer for everybody.",
    "fr": "Viens tôt, bois de l'eau, encourage tout le monde.",
    "es": "Ven pronto, bebe agua, anima a todos.",
    "ar": "تعال مبكرًا، واشرب الماء، وشجّع الجميع.",
}
_SUBJECT = {
    "en": 'Your week, {{ fan.first_name | "fan" }}',
    "fr": 'Ta semaine, {{ fan.first_name | "fan" }}',
    "es": 'Tu semana, {{ fan.first_name | "fan" }}',
    "ar": 'أسبوعك يا {{ fan.first_name | "صديقنا" }}',
}


def write(path: Path, name: str, audience: str) -> None:
    """Write the campaign file (JSON is YAML)."""
    texts = {
        block: {language: text.replace("{0}", _FILLER[language]) for language, text in written.items()}
        for block, written in _TEXTS.items()
    }
    blocks: dict[str, dict[str, object]] = {block: {"markdown": written} for block, written in texts.items()}
    blocks["last-seats"]["when"] = "not holds_ticket()"
    definition = {
        "campaign": name,
        "purpose": "newsletter",
        "fallback": "en",
        "audience": audience,
        "subject": _SUBJECT,
        "slots": [
            {"slot": "trunk", "blocks": ["welcome"]},
            {"slot": "ticketing", "blocks": ["last-seats", "none-left"]},
            {"slot": "practical", "repeat": "tickets", "blocks": ["my-session"]},
        ],
        "blocks": blocks,
    }
    path.write_text(json.dumps(definition, ensure_ascii=False, indent=1), encoding="utf-8")
