"""Erasures, written down outside the database and the data folder: whoever sets a base back must not bring back whom
it had forgotten (V5). The file holds numbers of fans and keyed hashes, nothing that names anybody."""

import json
import os
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from tifo.fans.public import CameBack, FanErased, erase_again, erased_keys
from tifo.kernel.public import Refused, archive

Erasure = tuple[int | None, tuple[str, ...]]
"""Who (None: came back by herself), and the keys of her identities."""


def erasures_file() -> Path:
    """Where this base's erasures are written down."""
    name = sha256(str(Path(settings.TIFO_DATA).resolve()).encode()).hexdigest()[:16]
    return Path(settings.TIFO_STATE) / f"erasures-{name}"


def note_erasure(event: FanErased) -> None:
    """Add a line, durably. The same one twice does no harm."""
    _append([(event.fan_id, event.keys)])


def note_return(event: CameBack) -> None:
    """She may be in the base again, by her own will."""
    _append([(None, event.keys)])


def _append(erasures: Iterable[Erasure]) -> None:
    path = erasures_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps({"fan": fan_id, "keys": keys}) + "\n" for fan_id, keys in erasures)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, lines.encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    archive.sync_folder(path.parent)


def _erasures_in(path: Path) -> Iterator[Erasure]:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return
    for number, line in enumerate(lines, 1):
        try:
            said = json.loads(line)
            fan = said["fan"]
            yield None if fan is None else int(fan), tuple(bytes.fromhex(key).hex() for key in said["keys"])
        except (ValueError, KeyError, TypeError):
            if number < len(lines):  # the last may have been cut by a crash: it was announced again then
                raise Refused(
                    f"{path}, line {number}: this is no erasure; put the file back as it was."
                ) from None


def repeat_erasures(file: Path | None = None) -> int:
    """Erase again whom this base was to have forgotten, before anybody works with it; how many fans that were.

    `file`: the erasures of the base that the backup came from, where it is not this one; they are taken over.
    """
    if file is not None:
        if not file.is_file():
            raise Refused(f"{file} is not there: name the file of erasures of the base that was backed up.")
        _append(_erasures_in(file))
    forgotten: dict[str, int] = {}
    for fan_id, keys in _erasures_in(erasures_file()):
        for key in keys:
            if fan_id is None:
                forgotten.pop(key, None)
            else:
                forgotten[key] = fan_id
    known = erased_keys([bytes.fromhex(key) for key in forgotten])
    missing: dict[int, list[bytes]] = {}
    for key, fan_id in forgotten.items():
        if bytes.fromhex(key) not in known:
            missing.setdefault(fan_id, []).append(bytes.fromhex(key))
    return sum(erase_again(fan_id, keys) for fan_id, keys in missing.items())
