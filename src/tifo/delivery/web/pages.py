"""The tracker's few pages, in the reader's language, without script, database or template engine."""

from html import escape

RIGHT_TO_LEFT = frozenset({"ar"})

TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "ask": "Unsubscribe?",
        "ask_lead": "You will get no more mails of this kind from {event}.",
        "button": "Unsubscribe",
        "done": "You are unsubscribed",
        "done_lead": "You will get no more mails of this kind from {event}. One that is on its way may still arrive.",
        "preferences": "Choose what you get",
        "lost": "This link does not work",
        "lost_lead": "It may have been cut on its way. Please use the link in the mail again.",
        "busy": "This did not work",
        "busy_lead": "Please try again in a moment.",
    },
    "fr": {
        "ask": "Se désabonner ?",
        "ask_lead": "Vous ne recevrez plus de messages de ce genre de {event}.",
        "button": "Me désabonner",
        "done": "Vous êtes désabonné·e",
        "done_lead": "Vous ne recevrez plus de messages de ce genre de {event}. Un message déjà parti peut encore arriver.",
        "preferences": "Choisir ce que je reçois",
        "lost": "Ce lien ne fonctionne pas",
        "lost_lead": "Il a peut-être été coupé en chemin. Merci de reprendre le lien du message.",
        "busy": "Cela n’a pas fonctionné",
        "busy_lead": "Merci de réessayer dans un instant.",
    },
    "es": {
        "ask": "¿Darse de baja?",
        "ask_lead": "No recibirá más mensajes de este tipo de {event}.",
        "button": "Darme de baja",
        "done": "Se ha dado de baja",
        "done_lead": "No recibirá más mensajes de este tipo de {event}. Uno que ya salió puede llegar todavía.",
        "preferences": "Elegir lo que recibo",
        "lost": "Este enlace no funciona",
        "lost_lead": "Puede que se haya cortado por el camino. Use de nuevo el enlace del mensaje.",
        "busy": "No ha funcionado",
        "busy_lead": "Inténtelo de nuevo en un momento.",
    },
    "ar": {
        "ask": "إلغاء الاشتراك؟",
        "ask_lead": "لن تصلك رسائل أخرى من هذا النوع من {event}.",
        "button": "إلغاء اشتراكي",
        "done": "تم إلغاء اشتراكك",
        "done_lead": "لن تصلك رسائل أخرى من هذا النوع من {event}. قد تصلك رسالة أُرسلت قبل ذلك.",
        "preferences": "اختيار ما يصلني",
        "lost": "هذا الرابط لا يعمل",
        "lost_lead": "ربما قُطع في الطريق. يُرجى استخدام الرابط الموجود في الرسالة مرة أخرى.",
        "busy": "لم ينجح ذلك",
        "busy_lead": "يُرجى المحاولة مرة أخرى بعد قليل.",
    },
}

STYLE = (
    "body{{font:1.0625rem/1.6 system-ui,sans-serif;margin:0;background:#f6f6f4;color:#1b1b1b}}"
    "main{{max-width:32rem;margin:12vh auto;padding:2.5rem;background:#fff;border-radius:1rem}}"
    "h1{{font-size:1.6rem;line-height:1.25;margin:0 0 .5rem}}p{{margin:.5rem 0 1.5rem}}"
    "button{{font:inherit;font-weight:600;padding:.75rem 1.5rem;border:0;border-radius:.6rem;background:{accent};"
    "color:#fff;cursor:pointer}}a{{color:inherit}}"
    "@media(prefers-color-scheme:dark){{body{{background:#141414;color:#f2f2f2}}main{{background:#1f1f1f}}}}"
)


def language_of(accepted: str) -> str:
    """The best of our languages for an Accept-Language header; English else."""
    best, best_quality = "en", 0.0
    for part in accepted[:500].split(","):
        tag, _, weight = part.strip().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1) if weight else 1.0
        except ValueError:
            continue
        language = tag.split("-")[0].strip().lower()
        if language in TEXTS and quality > best_quality:
            best, best_quality = language, quality
    return best


def page(kind: str, language: str, *, event: str, accent: str, preferences: str = "") -> bytes:
    """A whole page. kind: ask (one button that posts to this address), done, lost or busy."""
    texts = TEXTS[language]
    title, lead = texts[kind], texts[f"{kind}_lead"].format(event=event)
    parts = [f"<h1>{escape(title)}</h1><p>{escape(lead)}</p>"]
    if kind in ("ask", "busy"):
        parts.append(
            '<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">'
            f"<button>{escape(texts['button'])}</button></form>"
        )
    if preferences:
        parts.append(f'<p><a href="{escape(preferences)}">{escape(texts["preferences"])}</a></p>')
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    return (
        f'<!doctype html><html lang="{language}" dir="{direction}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)} · {escape(event)}</title><style>{STYLE.format(accent=escape(accent))}</style>"
        f"<main>{''.join(parts)}</main></html>"
    ).encode()
