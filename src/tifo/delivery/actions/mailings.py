"""Mailings: open, stop and go on, and where their links lead."""

import json
import os
from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction

from tifo.delivery.actions import reach
from tifo.delivery.actions import statements as sql
from tifo.delivery.models import Mailing, RegisteredLink
from tifo.delivery.rules import states
from tifo.delivery.rules.headers import sender_parts
from tifo.delivery.types import TrackedLink
from tifo.kernel.public import Refused, clock, data_path, revisions

SWEEP = 20_000


def open_mailing(
    *,
    label: str,
    purpose: str,
    legal_class: str,
    channel: str = "email",
    sender: str = "",
    occurrence: str = "",
    resend_doubt: bool = False,
    lifetime_hours: int = 24,
) -> int:
    """The mailing of this label, occurrence and channel, made where it isn't there yet.

    `legal_class`: service, marketing or research (all but service need consent for `purpose`). `resend_doubt`: send
    again where an answer got lost; service mail only. `lifetime_hours`: how long after its due time a message is
    still worth sending. Raises Refused when it exists with another purpose.
    """
    if channel != "email":
        raise Refused(f"There is no channel {channel!r} yet: use email.")
    if resend_doubt and legal_class != "service":
        raise Refused("Only service mail may be sent again from doubt.")
    sender = sender or settings.TIFO_SENDER
    sender_parts(sender)
    try:
        with transaction.atomic():
            mailing, _ = Mailing.objects.get_or_create(
                label=label,
                occurrence=occurrence,
                channel=channel,
                defaults={
                    "purpose": purpose,
                    "legal_class": legal_class,
                    "sender": sender,
                    "resend_doubt": resend_doubt,
                    "lifetime_hours": lifetime_hours,
                    "opened_at": clock.now(),
                },
            )
    except IntegrityError:
        raise Refused(f"The mailing {label!r} can't be opened like this.") from None
    if (mailing.purpose, mailing.legal_class) != (purpose, legal_class):
        raise Refused(
            f"{label!r} was opened for the purpose {mailing.purpose!r}: give this one another name."
        )
    return mailing.pk


def _locked(mailing_id: int) -> Mailing:
    mailing = Mailing.objects.select_for_update().filter(pk=mailing_id).first()
    if mailing is None:
        raise Refused(f"There is no mailing {mailing_id}.")
    return mailing


def pause(mailing_id: int) -> None:
    """Nothing crosses the line any more until `resume`. Pausing twice is pausing once."""
    with transaction.atomic():
        mailing = _locked(mailing_id)
        if mailing.state == "cancelled":
            raise Refused("This mailing was cancelled: there is nothing to pause.")
        mailing.state = "paused"
        mailing.save(update_fields=["state"])


def resume(mailing_id: int) -> None:
    """Go on where it stood."""
    with transaction.atomic():
        mailing = _locked(mailing_id)
        if mailing.state == "cancelled":
            raise Refused("This mailing was cancelled: it can't go on. Start a new one.")
        mailing.state = "open"
        mailing.save(update_fields=["state"])
    reach.ask_again()


def cancel(mailing_id: int) -> None:
    """For good. When this returns nothing more crosses the line (M11); big ledgers are swept by a job."""
    with transaction.atomic():
        mailing = _locked(mailing_id)
        mailing.state, mailing.busy = "cancelled", True
        mailing.save(update_fields=["state", "busy"])
    sweep_cancelled(mailing_id)


def sweep_cancelled(mailing_id: int) -> int:
    """Cancel the next messages of a cancelled mailing that did not cross; how many."""
    with transaction.atomic():
        return sql.run(
            "UPDATE delivery_message SET state = 'cancelled', at = %s, rev = %s WHERE id IN ("
            f"SELECT id FROM delivery_message WHERE mailing_id = %s AND {states.MOVING} AND state <> 'committing' "
            f"LIMIT {SWEEP} {sql.locked()})",
            [sql.moment(clock.now()), revisions.current(), mailing_id],
        )


def register_links(mailing_id: int, links: Iterable[TrackedLink]) -> None:
    """Say where the mailing's links lead, in the truth and in a file that the tracker reads while the database is
    down. Saying the same again changes nothing; another URL under a known number is refused."""
    wanted: dict[int, TrackedLink] = {}
    for link in links:
        parts = urlsplit(link.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or not link.url.isprintable():
            raise Refused(f"The link {link.url!r} can't be followed: only http and https addresses can.")
        if wanted.setdefault(link.index, link).url != link.url:
            raise Refused(f"Link {link.index} leads to two addresses.")
    with transaction.atomic():
        mailing = _locked(mailing_id)
        known = {row.index: row.url for row in mailing.links.all()}
        for index, url in known.items():
            if index in wanted and wanted[index].url != url:
                raise Refused(
                    f"Link {index} of {mailing.label!r} leads elsewhere already: links stay as they are."
                )
        RegisteredLink.objects.bulk_create(
            RegisteredLink(
                mailing=mailing,
                index=index,
                url=link.url,
                block=link.block,
                language=link.language,
                topics=list(link.topics),
            )
            for index, link in wanted.items()
            if index not in known
        )
        write_link_file(mailing_id, known | {index: link.url for index, link in wanted.items()})


def write_link_file(mailing_id: int, urls: dict[int, str]) -> None:
    """The tracker's copy, whole and durable or not there."""
    final = data_path("links", f"{mailing_id}.json")
    fresh = final.with_name(f".{final.name}.{os.getpid()}")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump({str(index): url for index, url in sorted(urls.items())}, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(final)


def restore_link_files() -> int:
    """Write the files that are missing, e.g. after a move to another machine; how many."""
    written = 0
    for mailing in Mailing.objects.filter(links__isnull=False).distinct():
        if not data_path("links", f"{mailing.pk}.json").exists():
            write_link_file(mailing.pk, dict(mailing.links.values_list("index", "url")))
            written += 1
    return written
