"""The tracker's few pages, in the reader's language, without script, database or template engine."""

from functools import lru_cache
from html import escape

from tifo.ui.public import stylesheet

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
        "ask": "Te désabonner ?",
        "ask_lead": "Tu ne recevras plus de messages de ce genre de {event}.",
        "button": "Me désabonner",
        "done": "C’est fait : plus de messages",
        "done_lead": "Tu ne recevras plus de messages de ce genre de {event}. Un message déjà parti peut encore arriver.",
        "preferences": "Choisir ce que je reçois",
        "lost": "Ce lien ne fonctionne pas",
        "lost_lead": "Il a peut-être été coupé en chemin. Reprends le lien du message.",
        "busy": "Cela n’a pas fonctionné",
        "busy_lead": "Réessaie dans un instant.",
    },
    "es": {
        "ask": "¿Darte de baja?",
        "ask_lead": "No recibirás más mensajes de este tipo de {event}.",
        "button": "Darme de baja",
        "done": "Te has dado de baja",
        "done_lead": "No recibirás más mensajes de este tipo de {event}. Uno que ya salió puede llegar todavía.",
        "preferences": "Elegir lo que recibo",
        "lost": "Este enlace no funciona",
        "lost_lead": "Puede que se haya cortado por el camino. Usa de nuevo el enlace del mensaje.",
        "busy": "No ha funcionado",
        "busy_lead": "Inténtalo de nuevo en un momento.",
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

# The tokens of the house's look, written out: this process serves no other file.
_LOOK = """
:root { color-scheme: light dark; --page: #f7f6f2; --sheet: #ffffff; --edge: #e4e1d9; --ink: #1b1c1a; }
* { box-sizing: border-box; }
body { margin: 0; padding: 24px 16px; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { max-inline-size: 480px; margin: 8vh auto 0; background: var(--sheet); border: 1px solid var(--edge);
  border-radius: 14px; overflow: hidden; }
.mosaic { display: grid; grid-template-columns: repeat(20, 1fr); block-size: 12px; background: var(--accent); }
.mosaic i { background: var(--accent-on); opacity: 0; }
.mosaic i:nth-child(3n) { opacity: .16; }
.mosaic i:nth-child(5n+2) { opacity: .34; }
.mosaic i:nth-child(7n+4) { opacity: .6; }
.sheet { padding: 24px 24px 32px; }
.event { margin: 0 0 24px; font-weight: 700; }
h1 { margin: 0 0 8px; font-size: 25px; line-height: 1.2; }
p { margin: 0 0 24px; }
button { min-block-size: 48px; padding: 12px 24px; border: 0; border-radius: 6px; background: var(--accent);
  color: var(--accent-on); font: inherit; font-weight: 600; cursor: pointer; }
button:hover { text-decoration: underline; }
.other { margin: 16px 0 0; }
.other a { display: inline-flex; align-items: center; min-block-size: 44px; color: var(--accent-ink); }
:focus-visible { outline: 3px solid var(--accent-edge); outline-offset: 2px; }
@media (prefers-color-scheme: dark) {
  :root { --page: #141513; --sheet: #1d1f1c; --edge: #34362f; --ink: #f2f1eb; }
}
"""
_MOSAIC = f'<div class="mosaic" aria-hidden="true">{"<i></i>" * 20}</div>'


@lru_cache(maxsize=8)
def _style(accent: str) -> str:
    return f"{stylesheet(accent)}{_LOOK}"


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
    parts = [f'<p class="event"><bdi>{escape(event)}</bdi></p><h1>{escape(title)}</h1><p>{escape(lead)}</p>']
    if kind in ("ask", "busy"):
        parts.append(
            '<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">'
            f"<button>{escape(texts['button'])}</button></form>"
        )
    if preferences:
        link = f'<a href="{escape(preferences)}">{escape(texts["preferences"])}</a>'
        parts.append(f'<p class="other">{link}</p>')
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    return (
        f'<!doctype html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)} · {escape(event)}</title><style>{_style(accent)}</style></head>"
        f'<body><main>{_MOSAIC}<div class="sheet">{"".join(parts)}</div></main></body></html>'
    ).encode()
