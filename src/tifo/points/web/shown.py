"""Her ledger as a plain history: a line a deed, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.utils.translation import gettext as _

from tifo.points.public import RESCORED, Line, cause_names


@dataclass(frozen=True)
class Shown:
    """What happened once: the points and the status it moved. `oldest`: the number by which the history pages on."""

    says: str
    note: str
    points: int
    status: int
    at: datetime
    expires_at: datetime | None
    reversed: bool
    lines: tuple[Line, ...]

    @property
    def oldest(self) -> int:
        return min(line.transfer_id for line in self.lines)


def shown(lines: Sequence[Line], language: str) -> list[Shown]:
    """The lines of `history`, those of one deed together, with what they are called."""
    names = cause_names([key for line in lines for key in (line.rule, line.about) if key], language)
    return [_together(tuple(same), names) for _key, same in groupby(lines, key=_deed)]


def _deed(line: Line) -> tuple[str, str, str, datetime, datetime]:
    return line.kind, line.rule, line.about, line.effective_at, line.recorded_at


def _together(lines: tuple[Line, ...], names: dict[str, str]) -> Shown:
    first = lines[0]
    sums = {"points": 0, "status": 0}
    for line in lines:
        sums[line.currency] += line.amount
    return Shown(
        says=_said(first, names),
        note=first.note,
        points=sums["points"],
        status=sums["status"],
        at=first.effective_at,
        expires_at=next((line.expires_at for line in lines if line.expires_at), None),
        reversed=all(line.reversed for line in lines),
        lines=lines,
    )


def _said(line: Line, names: dict[str, str]) -> str:
    called = names.get(line.rule) or names.get(line.about) or ""
    if line.kind == "expire":
        return _("Expired")
    if line.kind == "forfeit":
        return _("Given back to the house")
    if line.kind == "reverse" and line.about == RESCORED:
        return _("Counted anew by a new rule")
    if line.kind == "reverse":
        return _("Corrected: %(what)s") % {"what": called} if called else _("Corrected")
    if line.kind == "spend":
        return _("Spent: %(what)s") % {"what": called} if called else _("Spent")
    return called or _("Earned")
