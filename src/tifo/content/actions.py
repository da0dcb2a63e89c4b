"""Writing the library, each act one transaction with its audit entry; and trying links."""

import ipaddress
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
from django.db import transaction
from django.utils.translation import gettext as _

from tifo.accounts.public import audit
from tifo.content.models import BlockRow, TextRow, VersionRow
from tifo.content.queries import check_block
from tifo.content.rules.check import addresses, warning
from tifo.content.rules.compose import block_from_plain, block_to_plain
from tifo.content.types import Block, Composition, Problem
from tifo.kernel.public import Refused, clock

PATIENCE = 5.0  # seconds for one address
MOST_TRIED = 100


def save_block(collection: str, block: Block, *, by: int | None, fresh: bool = False) -> int:
    """Write a block; returns its version. Refused when it has errors. A text that changed loses its review.

    `fresh`: Refused when there is a block of this name already.
    """
    # A block does not know its slot: tags of tickets are allowed here, and checked again where it is composed.
    errors = [p for p in check_block(block, per_ticket=True, fallback=_falls_to(block)) if p.level == "error"]
    if errors:
        raise Refused("\n".join(map(str, errors)))
    with transaction.atomic():
        if fresh and BlockRow.objects.filter(collection=collection, name=block.name).exists():
            said = _("There is a block “%(block)s” already; choose another name.")
            raise Refused(said % {"block": block.name})
        version = _write(collection, block, by)
        audit(by, "content.save_block", f"block:{collection}/{block.name}", {"version": version})
    return version


def save_blocks(collection: str, wanted: Sequence[Block], *, by: int | None) -> None:
    """Make a collection hold exactly these blocks, all or nothing."""
    with transaction.atomic():
        for block in wanted:
            save_block(collection, block, by=by)
        for name in (
            BlockRow.objects.filter(collection=collection)
            .exclude(name__in=[block.name for block in wanted])
            .values_list("name", flat=True)
        ):
            delete_block(collection, name, by=by)


def review_block(collection: str, name: str, *, by: int, languages: Sequence[str] | None = None) -> None:
    """Say that the texts as they stand (in these languages; None: all) were read and are right."""
    with transaction.atomic():
        row = _row(collection, name)
        texts = row.texts.all() if languages is None else row.texts.filter(language__in=languages)
        if not texts.update(reviewed_by_id=by, reviewed_at=clock.now()):
            raise Refused(_("“%(block)s” has no text in that language; write it first.") % {"block": name})
        detail = {"version": row.version, "languages": sorted(texts.values_list("language", flat=True))}
        audit(by, "content.review_block", f"block:{collection}/{name}", detail)


def restore_block(collection: str, name: str, version: int, *, by: int | None) -> int:
    """Make an earlier version the newest one; returns its number."""
    row = _row(collection, name)
    earlier = VersionRow.objects.filter(block=row, version=version).first()
    if earlier is None:
        raise Refused(_("“%(block)s” has no version %(version)s.") % {"block": name, "version": version})
    return save_block(collection, block_from_plain(earlier.content), by=by)


def delete_block(collection: str, name: str, *, by: int | None) -> None:
    """Take a block out of the library. Campaigns keep their own copies."""
    with transaction.atomic():
        row = _row(collection, name)
        row.delete()
        audit(by, "content.delete_block", f"block:{collection}/{name}", {"version": row.version})


def _row(collection: str, name: str) -> BlockRow:
    row = BlockRow.objects.select_for_update().filter(collection=collection, name=name).first()
    if row is None:
        raise Refused(_("There is no block “%(block)s” here.") % {"block": name})
    return row


def _falls_to(block: Block) -> str:
    """Where a block names no fall-back the composition does: any of its languages may be it."""
    if block.fallback:
        return block.fallback
    return next((language for language, text in sorted(block.texts.items()) if text.strip()), "en")


def _write(collection: str, block: Block, by: int | None) -> int:
    now = clock.now()
    row, fresh = BlockRow.objects.select_for_update().get_or_create(
        collection=collection,
        name=block.name,
        defaults={"kind": block.kind, "changed_at": now, "changed_by_id": by, "version": 0},
    )
    texts = {language: text for language, text in block.texts.items() if text.strip()}
    had = {text.language: text for text in row.texts.all()}
    same = (
        not fresh
        and {language: text.source for language, text in had.items()} == texts
        and (row.kind, row.when, tuple(row.topics), row.fallback)
        == (block.kind, block.when or "", block.topics, block.fallback or "")
    )
    if same:
        return row.version
    row.kind, row.when, row.topics = block.kind, block.when or "", list(block.topics)
    row.fallback, row.changed_at, row.changed_by_id = block.fallback or "", now, by
    row.version += 1
    row.save()
    for language, text in had.items():
        if language not in texts:
            text.delete()
    for language, source in texts.items():
        if language not in had or had[language].source != source:
            TextRow.objects.update_or_create(
                block=row,
                language=language,
                defaults={"source": source, "reviewed_by": None, "reviewed_at": None},
            )
    content = {**block_to_plain(block), "texts": texts, "state": "draft"}
    VersionRow.objects.create(block=row, version=row.version, content=content, saved_at=now, saved_by_id=by)
    return row.version


# -- links


def try_links(composition: Composition) -> list[Problem]:
    """A warning for each link that did not answer well. Asks the network: only where a person pressed for it."""
    found = addresses(composition)[:MOST_TRIED]
    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = list(pool.map(_try, found))
    return [
        warning(f"link {address}", text, _("correct the address, or go on"))
        for address, text in zip(found, answers, strict=True)
        if text
    ]


def _try(address: str) -> str:
    """Why an address did not answer well, or nothing."""
    if not _is_public(urlsplit(address).hostname or ""):
        return _("it leads to no public address")
    try:
        with httpx.Client(
            timeout=PATIENCE, follow_redirects=False, headers={"User-Agent": "tifo link check"}
        ) as client:
            status = client.head(address).status_code
            if status in (403, 405, 501):  # some refuse HEAD and nothing else
                with client.stream("GET", address) as answer:
                    status = answer.status_code
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return _("it did not answer")
    return _("it answered %(status)s") % {"status": status} if status >= 400 else ""


def _is_public(host: str) -> bool:
    """Whether all addresses of a host are public: the server asks nobody inside on behalf of a text."""
    try:
        found = socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(entry[4][0]).is_global for entry in found)
