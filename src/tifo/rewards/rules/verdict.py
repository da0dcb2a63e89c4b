"""What the independent verifier says of a transcript: the one file that anybody may download, run as anybody would run it."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VERIFIER = Path(__file__).resolve().parents[1] / "proof" / "verify_draw.py.txt"
"""The same bytes as tools/verify_draw.py (a test compares them)."""
PATIENCE = 600  # seconds; six million entries take two minutes


@dataclass(frozen=True, slots=True)
class Verdict:
    """Its last word and all its words."""

    verified: bool
    said: str
    verifier_hash: str
    transcript_hash: str


def written(transcript: Mapping[str, Any]) -> bytes:
    """A transcript as the file that is handed out."""
    return json.dumps(transcript, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def judge(transcript: Mapping[str, Any], *, chains: tuple[str, ...] = ()) -> Verdict:
    """Run the verifier over a transcript in a process of its own that knows nothing of tifo."""
    data = written(transcript)
    trusted = [word for chain in chains for word in ("--chain", chain)]
    done = subprocess.run(  # noqa: S603  our own file, no shell
        [sys.executable, "-I", VERIFIER, "-", *trusted],
        input=data,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    return Verdict(
        verified=done.returncode == 0,
        said=(done.stdout or done.stderr).decode(),
        verifier_hash=hashlib.sha256(VERIFIER.read_bytes()).hexdigest(),
        transcript_hash=hashlib.sha256(data).hexdigest(),
    )
