"""A little work for the browser of who asks for much: ALTCHA's proof of work, each used once, for its action only."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from altcha.v1 import ChallengeOptions, create_challenge, extract_params, verify_solution

from tifo.accounts.models import SpentWork
from tifo.kernel.public import Refused, clock, tokens
from tifo.kernel.public import sentence as _

ACTIONS = ("join", "enter", "play")
LIFE = timedelta(minutes=30)
MOST_TRIES = 60_000  # hashes: about a second of a phone
LONGEST = 2_000  # characters of an answer
_FIELDS = {"algorithm": str, "challenge": str, "number": int, "salt": str, "signature": str}


def work_for(action: str) -> dict[str, Any]:
    """A challenge for this action, to be solved by the browser; nothing is kept of it."""
    if action not in ACTIONS:
        raise Refused(_("no work is asked for “%(action)s”", action=action[:40]))
    made = create_challenge(
        ChallengeOptions(
            hmac_key=_key(), max_number=MOST_TRIES, expires=clock.now() + LIFE, params={"action": action}
        )
    )
    return {
        "algorithm": made.algorithm,
        "challenge": made.challenge,
        "maxnumber": made.max_number,
        "salt": made.salt,
        "signature": made.signature,
    }


def spend_work(action: str, answer: str) -> bool:
    """Whether this answer proves the work for this action; it does so once."""
    solved = _read(answer)
    if solved is None or not verify_solution(solved, _key(), check_expires=False)[0]:
        return False
    said = extract_params(solved)
    expires = datetime.fromtimestamp(int(said["expires"][0]), UTC)
    if said["action"] != [action] or clock.over(expires):
        return False
    digest = hashlib.sha256(solved["challenge"].encode()).digest()
    _row, fresh = SpentWork.objects.get_or_create(digest=digest, defaults={"expires_at": expires})
    return fresh


def forget_spent_work() -> None:
    """What nobody could use any more."""
    SpentWork.objects.filter(expires_at__lt=clock.now() - 2 * clock.FORGIVEN).delete()


def _read(answer: str) -> Any:
    """The answer's five fields; None for anything else that a stranger sends."""
    if not 0 < len(answer) <= LONGEST:
        return None
    try:
        said = json.loads(base64.b64decode(answer, validate=True))
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or any(type(said.get(name)) is not kind for name, kind in _FIELDS.items()):
        return None
    return {name: said[name] for name in _FIELDS}


def _key() -> bytes:
    return tokens.keyed_hash("accounts.work", b"challenges")
