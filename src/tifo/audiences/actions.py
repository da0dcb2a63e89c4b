"""Keeping questions."""

from django.db import IntegrityError, transaction

from tifo.accounts.public import audit
from tifo.audiences.models import Audience
from tifo.audiences.queries import parse
from tifo.kernel.public import Refused, clock
from tifo.kernel.public import sentence as _

LONGEST_NAME = 120
LONGEST_NOTE = 2_000


def save_audience(
    *, name: str, text: str, note: str = "", by: int | None = None, audience_id: int | None = None
) -> int:
    """Keep a question under a name, new or in the place of `audience_id`; returns its id.

    Refused when the question can't be asked (AudienceError) or the name is taken, empty or too long.
    """
    name, note = " ".join(name.split()), note.strip()
    if not name:
        raise Refused(_("The audience has no name: write what these fans have in common."))
    if len(name) > LONGEST_NAME:
        raise Refused(
            _(
                "The name has %(name)s characters: %(longest_name)s are allowed, the note has room for more.",
                name=len(name),
                longest_name=LONGEST_NAME,
            )
        )
    if len(note) > LONGEST_NOTE:
        raise Refused(
            _(
                "The note has %(note)s characters: %(longest_note)s are allowed.",
                note=len(note),
                longest_note=LONGEST_NOTE,
            )
        )
    if "\x00" in name + note:
        raise Refused(_("The name or the note holds a sign that can't be kept: type it anew."))
    parse(text)
    now = clock.now()
    try:
        with transaction.atomic():
            if audience_id is None:
                kept = Audience.objects.create(
                    name=name, text=text, note=note, made_by_id=by, made_at=now, changed_at=now
                )
                act = "audiences.make"
            else:
                kept = _locked(audience_id)
                kept.name, kept.text, kept.note, kept.changed_at = name, text, note, now
                kept.save(update_fields=["name", "text", "note", "changed_at"])
                act = "audiences.change"
            audit(by, act, f"audience:{kept.pk}", {"name": name, "text": text})
    except IntegrityError:
        raise Refused(
            _("An audience named “%(name)s” is there already: choose another name.", name=name)
        ) from None
    return int(kept.pk)


def delete_audience(audience_id: int, *, by: int | None = None) -> None:
    """Forget a kept question. Campaigns hold their own copy of the text and are not touched."""
    with transaction.atomic():
        kept = _locked(audience_id)
        kept.delete()
        audit(by, "audiences.delete", f"audience:{audience_id}", {"name": kept.name, "text": kept.text})


def _locked(audience_id: int) -> Audience:
    kept = Audience.objects.select_for_update().filter(pk=audience_id).first()
    if kept is None:
        raise Refused(_("This audience is not there any more: somebody deleted it meanwhile."))
    return kept
