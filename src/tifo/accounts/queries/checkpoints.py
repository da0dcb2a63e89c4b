"""The signed checkpoints, in files beside the database: TIFO_DATA/checkpoints/2026-07.log, one token a line."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from tifo.accounts.rules.chain import Checkpoint
from tifo.kernel.public import data_path, tokens

PURPOSE = "accounts.checkpoint"


def folder() -> Path:
    """Where the files lie. Keep a copy of it where the database's administrators can't write."""
    return data_path("checkpoints")


def sealed(checkpoint: Checkpoint) -> str:
    """One line of a file."""
    payload = [checkpoint.number, checkpoint.sequence, checkpoint.hash.hex(), checkpoint.at.isoformat()]
    return tokens.sign(PURPOSE, json.dumps(payload, separators=(",", ":")).encode())


def opened(line: str) -> Checkpoint | None:
    """The checkpoint that `line` holds, if we signed it."""
    payload = tokens.read(PURPOSE, line)
    if payload is None:
        return None
    number, sequence, digest, at = json.loads(payload)
    return Checkpoint(number, sequence, bytes.fromhex(digest), datetime.fromisoformat(at))


def stored() -> Iterator[tuple[str, Checkpoint | None]]:
    """(place, checkpoint) of every line in order; None for a line that we did not sign."""
    if not folder().is_dir():
        return
    for path in sorted(folder().glob("*.log")):
        for number, line in enumerate(path.read_text(encoding="ascii", errors="replace").splitlines(), 1):
            yield f"{path.name}, line {number}", opened(line)


def latest() -> Checkpoint | None:
    """The last one that is ours."""
    if folder().is_dir():
        for path in sorted(folder().glob("*.log"), reverse=True):
            for line in reversed(path.read_text(encoding="ascii", errors="replace").splitlines()):
                if (checkpoint := opened(line)) is not None:
                    return checkpoint
    return None
