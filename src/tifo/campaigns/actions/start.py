"""Beginning a sending: it is planned by a worker from here on."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tifo.accounts.public import audit, name_of
from tifo.campaigns.models import Campaign, Occurrence
from tifo.campaigns.queries import progress, why_no_campaign
from tifo.campaigns.types import Stage, StaleEdit, Timing
from tifo.kernel.public import Refused, clock


def start(
    name: str,
    *,
    timing: Timing | None = None,
    by: str = "",
    actor: int | None = None,
    again: bool = False,
    expected: str | None = None,
    passed: Sequence[str] = (),
) -> int:
    """Leave a sending of campaign `name` to be planned and sent; the id of the sending.

    The same definition once more resumes its sending, or finds it done; `again` begins a new one after the last
    has ended. A changed definition while a sending is open is refused. `expected`: the fingerprint that the person
    saw, StaleEdit when it is another one now; `passed`: the warnings that she went past, for the audit trail.
    """
    timing = timing or Timing()
    with transaction.atomic():
        row = Campaign.objects.select_for_update().filter(name=name).first()
        if row is None:
            raise Refused(f"There is no campaign {name!r}; save it first.")
        if expected is not None and row.fingerprint != expected:
            raise StaleEdit(
                _(
                    "Somebody changed this campaign since you opened the page: nothing was sent. Look at it again."
                )
            )
        last = row.occurrences.order_by("-number").first()
        if last is not None and not Stage(last.stage).ended:
            if last.fingerprint != row.fingerprint:
                raise Refused(
                    f"Sending {last.number} of {name} is still {last.stage} with an earlier text: cancel it, or wait until it has ended."
                )
            return last.pk
        if last is not None and not again and _reached_somebody(last):
            if last.stage == Stage.FINISHED and last.fingerprint == row.fingerprint:
                return last.pk
            raise Refused(_why_not_again(last, row))
        if why := why_no_campaign(row.definition["purpose"]):
            raise Refused(why)
        made = _new_occurrence(row, (last.number if last else 0) + 1, timing, by or name_of(actor), actor)
        detail = {"sending": made.number, "fingerprint": made.fingerprint, "passed": list(passed)[:50]}
        audit(actor, "campaigns.start", f"campaign:{name}", detail)
    return made.pk


def _reached_somebody(last: Occurrence) -> bool:
    if last.stage == Stage.FINISHED:
        return True
    done = progress(last.pk)
    return done.accepted + done.unknown > 0


def _why_not_again(last: Occurrence, row: Campaign) -> str:
    if last.stage == Stage.FINISHED:
        return f"{row.name} was sent already and its text has changed since: say --again to send it as a new one."
    return (
        f"Sending {last.number} of {row.name} was {last.stage} after some fans had got it: "
        "say --again to send it to all of them once more."
    )


def _new_occurrence(row: Campaign, number: int, timing: Timing, by: str, actor: int | None) -> Occurrence:
    try:
        with transaction.atomic():
            return Occurrence.objects.create(
                campaign=row,
                number=number,
                definition=row.definition,
                fingerprint=row.fingerprint,
                stage=Stage.PLANNING,
                send_at=timing.at,
                own_zone=timing.own_zone,
                zone=timing.zone,
                created_at=clock.now(),
                created_by=by,
                started_by_id=actor,
            )
    except IntegrityError:
        raise Refused(f"Somebody else has just started {row.name}: look at its page.") from None
