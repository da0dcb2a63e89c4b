"""Beginning a sending: it is planned by a worker from here on."""

from datetime import datetime

from django.db import IntegrityError, transaction

from tifo.campaigns.models import Campaign, Occurrence
from tifo.campaigns.types import Stage, Timing
from tifo.kernel.public import Refused, clock


def start(name: str, *, timing: Timing | None = None, by: str = "", again: bool = False) -> int:
    """Leave a sending of campaign `name` to be planned and sent; the id of the sending.

    The same definition once more resumes its sending, or finds it done; `again` begins a new one after the last
    has ended. A changed definition while a sending is open is refused.
    """
    timing = timing or Timing()
    with transaction.atomic():
        row = Campaign.objects.select_for_update().filter(name=name).first()
        if row is None:
            raise Refused(f"There is no campaign {name!r}; save it first.")
        last = row.occurrences.order_by("-number").first()
        if last is not None and not Stage(last.stage).ended:
            if last.fingerprint != row.fingerprint:
                raise Refused(
                    f"Sending {last.number} of {name} is still {last.stage} with an earlier text: cancel it, or wait until it has ended."
                )
            return last.pk
        if last is not None and last.stage == Stage.FINISHED and not again:
            if last.fingerprint == row.fingerprint:
                return last.pk
            raise Refused(
                f"{name} was sent already and its text has changed since: say --again to send it as a new one."
            )
        return _new_occurrence(row, (last.number if last else 0) + 1, timing, by)


def _new_occurrence(row: Campaign, number: int, timing: Timing, by: str) -> int:
    moment: datetime = clock.now()
    try:
        made = Occurrence.objects.create(
            campaign=row,
            number=number,
            definition=row.definition,
            fingerprint=row.fingerprint,
            stage=Stage.PLANNING,
            send_at=timing.at,
            own_zone=timing.own_zone,
            created_at=moment,
            created_by=by,
        )
    except IntegrityError:
        raise Refused(f"Somebody else has just started {row.name}: look at its page.") from None
    return made.pk
