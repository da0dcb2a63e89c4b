"""The library: blocks with their versions and reviews."""

from collections.abc import Collection

from tifo.accounts.public import names_of
from tifo.content.models import BlockRow, VersionRow
from tifo.content.rules.compose import block_from_plain
from tifo.content.types import Block, BlockVersion, StoredBlock, StoredText


def blocks(collection: str) -> list[Block]:
    """The blocks of a collection by name ("" is the shared library)."""
    return [stored.block for stored in stored_blocks(collection)]


def stored_blocks(collection: str, names: Collection[str] | None = None) -> list[StoredBlock]:
    """The same with versions, dates and reviews."""
    rows = BlockRow.objects.filter(collection=collection).prefetch_related("texts").order_by("name")
    if names is not None:
        rows = rows.filter(name__in=names)
    found = list(rows)
    people = {row.changed_by_id for row in found}
    people |= {text.reviewed_by_id for row in found for text in row.texts.all()}
    known = dict(names_of([person for person in people if person is not None]))
    return [_stored(row, known) for row in found]


def stored_block(collection: str, name: str) -> StoredBlock | None:
    """One block with what is known about its making."""
    return next(iter(stored_blocks(collection, [name])), None)


def versions(collection: str, name: str) -> list[BlockVersion]:
    """All states a block had, newest first."""
    rows = list(
        VersionRow.objects.filter(block__collection=collection, block__name=name).order_by("-version")
    )
    known = dict(names_of([row.saved_by_id for row in rows if row.saved_by_id is not None]))
    return [
        BlockVersion(
            row.version, block_from_plain(row.content), row.saved_at, known.get(row.saved_by_id or 0, "")
        )
        for row in rows
    ]


def _stored(row: BlockRow, known: dict[int, str]) -> StoredBlock:
    texts = sorted(row.texts.all(), key=lambda text: text.language)
    block = Block(
        name=row.name,
        kind="mjml" if row.kind == "mjml" else "markdown",
        texts={text.language: text.source for text in texts},
        when=row.when or None,
        topics=tuple(row.topics),
        fallback=row.fallback or None,
        state="reviewed" if texts and all(text.reviewed_at for text in texts) else "draft",
    )
    return StoredBlock(
        collection=row.collection,
        block=block,
        version=row.version,
        changed_at=row.changed_at,
        changed_by=known.get(row.changed_by_id or 0, ""),
        texts=tuple(
            StoredText(text.language, text.source, known.get(text.reviewed_by_id or 0, ""), text.reviewed_at)
            for text in texts
        ),
    )
