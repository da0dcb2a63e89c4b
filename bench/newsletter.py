"""The campaigns that the bench sends: in four languages; of about 15, 25 or 60 kB."""

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
    "club-evening": {
        "en": "## An evening for members\n\n[Come along](https://club.example/en)",
        "fr": "## Une soirée pour les membres\n\n[Viens](https://club.example/fr)",
        "es": "## Una noche para socios\n\n[Ven](https://club.example/es)",
        "ar": "## أمسية للأعضاء\n\n[تعال](https://club.example/ar)",
    },
    "my-session": {
        "en": '**{{ session.sport }}**, {{ session.venue }}, {{ session.starts_at }}, gate {{ ticket.gate | "see your ticket" }}',
        "fr": '**{{ session.sport }}**, {{ session.venue }}, {{ session.starts_at }}, porte {{ ticket.gate | "sur ton billet" }}',
        "es": '**{{ session.sport }}**, {{ session.venue }}, {{ session.starts_at }}, puerta {{ ticket.gate | "en tu entrada" }}',
        "ar": '**{{ session.sport }}**، {{ session.venue }}، {{ session.starts_at }}، بوابة {{ ticket.gate | "على تذكرتك" }}',
    },
}
_STORY = {
    "en": "## {0}\n\nA story for those who love it. [Read it](https://games.example/en/{0})",
    "fr": "## {0}\n\nUne histoire pour qui aime ça. [La lire](https://games.example/fr/{0})",
    "es": "## {0}\n\nUna historia para quien lo ama. [Léela](https://games.example/es/{0})",
    "ar": "## {0}\n\nقصة لمن يحبها. [اقرأها](https://games.example/ar/{0})",
}
STORIES = ("judo", "swimming", "athletics", "football", "basketball", "fencing")
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
TRUNK = {"slot": "trunk", "blocks": ["welcome"]}
TICKETING = {"slot": "ticketing", "blocks": ["last-seats", "none-left"]}
PRACTICAL = {"slot": "practical", "repeat": "tickets", "blocks": ["my-session"]}
CLUB = {"slot": "club", "blocks": ["club-evening"]}
INTEREST = {"slot": "interest", "ranked": True, "blocks": list(STORIES)}
USUAL = (TRUNK, TICKETING, PRACTICAL)
RICH = (TRUNK, TICKETING, CLUB, INTEREST)
"""Three slots by rules, and one in which each fan's taste ranks the stories."""


def write(path: Path, name: str, audience: str, slots: tuple[object, ...] = USUAL, filler: int = 1) -> None:
    """Write the campaign file (JSON is YAML). `filler`: paragraphs, which make the message longer."""
    texts = {
        block: {
            language: text.replace("{0}", "\n\n".join([_FILLER[language]] * filler))
            for language, text in written.items()
        }
        for block, written in _TEXTS.items()
    }
    blocks: dict[str, dict[str, object]] = {block: {"markdown": written} for block, written in texts.items()}
    blocks["last-seats"]["when"] = "not holds_ticket()"
    blocks["club-evening"]["when"] = "club.member"
    for sport in STORIES:
        told = {language: text.replace("{0}", sport) for language, text in _STORY.items()}
        blocks[sport] = {"markdown": told, "topics": [sport]}
    used = {block for slot in slots for block in slot["blocks"]}  # type: ignore[index]
    definition = {
        "campaign": name,
        "purpose": "newsletter",
        "fallback": "en",
        "audience": audience,
        "subject": _SUBJECT,
        "slots": slots,
        "blocks": {block: said for block, said in blocks.items() if block in used},
    }
    path.write_text(json.dumps(definition, ensure_ascii=False, indent=1), encoding="utf-8")
