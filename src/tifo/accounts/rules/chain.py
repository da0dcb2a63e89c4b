"""The chain of the audit trail: each entry's hash covers its content, its number and the hash before it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

START = bytes(32)
"""The hash before the first entry."""


@dataclass(frozen=True)
class Link:
    """One entry as the chain sees it."""

    sequence: int
    at: datetime
    actor_id: int | None
    act: str
    subject: str
    detail: str
    previous: bytes
    hash: bytes


@dataclass(frozen=True)
class Checkpoint:
    """Signed and kept outside the database: at `at`, the trail ended with `sequence` and `hash`."""

    number: int
    sequence: int
    hash: bytes
    at: datetime


def detail_text(detail: Mapping[str, object]) -> str:
    """The one spelling of `detail`; raises TypeError for what JSON can't say."""
    return json.dumps(detail, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def detail_words(text: str) -> str:
    """The same for reading: `role: support · rows: 3`."""
    try:
        detail = json.loads(text)
    except ValueError:
        return text  # not ours: the verifier says so
    if not isinstance(detail, dict):
        return text
    return " · ".join(
        f"{key}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for key, value in detail.items()
    )


def entry_hash(
    sequence: int, at: datetime, actor_id: int | None, act: str, subject: str, detail: str, previous: bytes
) -> bytes:
    """32 bytes over everything an entry says."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    content = json.dumps(
        [sequence, moment, actor_id, act, subject, detail, previous.hex()],
        ensure_ascii=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(content.encode("ascii")).digest()


@dataclass
class Ending:
    """Where a walk along the chain came out."""

    sequence: int
    hash: bytes


def problems_of_chain(
    links: Iterable[Link], checkpoints: Mapping[int, bytes], ending: Ending, limit: int = 100
) -> list[str]:
    """What is wrong with `links`, which follow `ending` in order of their numbers; `ending` moves along.

    `checkpoints`: the hash that was signed for a sequence number. Stops after `limit` findings.
    """
    problems: list[str] = []
    for link in links:
        if len(problems) >= limit:
            problems.append("more follows; mend these first")
            break
        if link.sequence != ending.sequence + 1:
            problems.append(f"between entry {ending.sequence} and entry {link.sequence} the numbering breaks")
        if link.previous != ending.hash:
            problems.append(f"entry {link.sequence} does not follow the entry before it")
        said = entry_hash(
            link.sequence, link.at, link.actor_id, link.act, link.subject, link.detail, link.previous
        )
        if said != link.hash:
            problems.append(f"entry {link.sequence} is not what was written")
        signed = checkpoints.get(link.sequence)
        if signed is not None and signed != link.hash:
            problems.append(f"entry {link.sequence} differs from the signed checkpoint")
        ending.sequence, ending.hash = link.sequence, link.hash
    return problems


def problems_of_end(
    ending: Ending, head: tuple[int, bytes] | None, checkpoints: Mapping[int, bytes]
) -> list[str]:
    """What is wrong with where the trail stops: `head` is what the database says of it."""
    problems = []
    if head is None:
        if ending.sequence:
            problems.append("the head of the trail is missing")
    elif head != (ending.sequence, ending.hash):
        problems.append(
            f"the head says that the trail ends with entry {head[0]}, it ends with {ending.sequence}"
        )
    last = max(checkpoints, default=0)
    if last > ending.sequence:
        problems.append(
            f"the trail ends with entry {ending.sequence}, but entry {last} was signed: "
            "entries were cut off, or an older backup was restored"
        )
    return problems


def problems_of_checkpoints(numbers: Iterable[int], written: int) -> list[str]:
    """Gaps among the numbers of the signed checkpoints; `written`: how many the database knows of."""
    problems = []
    expected = 1
    for number in numbers:
        if number != expected:
            problems.append(f"checkpoint {expected} is missing or out of place")
        expected = number + 1
    if expected - 1 < written:
        problems.append(f"{written} checkpoints were signed, the files hold the first {expected - 1}")
    return problems
