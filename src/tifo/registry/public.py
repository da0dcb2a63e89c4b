"""The door of registry."""

from tifo.registry.actions.files import expire_files, sweep_after_erasure
from tifo.registry.actions.importing import (
    carry_out,
    check_source,
    hand_over,
    look_at,
    read_as,
    result_of,
    take_up,
    targets_of,
    try_out,
)
from tifo.registry.actions.uploads import begin, discard, settle, upload, work_on_uploads
from tifo.registry.types import FileLook, ImportResult, Reading

__all__ = [
    "FileLook",
    "ImportResult",
    "Reading",
    "begin",
    "carry_out",
    "check_source",
    "discard",
    "expire_files",
    "hand_over",
    "look_at",
    "read_as",
    "result_of",
    "settle",
    "sweep_after_erasure",
    "take_up",
    "targets_of",
    "try_out",
    "upload",
    "work_on_uploads",
]
