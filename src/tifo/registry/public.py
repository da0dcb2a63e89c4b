"""The door of registry."""

from tifo.registry.actions.erasures import erasures_file, note_erasure, note_return, repeat_erasures
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
from tifo.registry.actions.rights import correct, erase, export_known, give_for, withdraw_for
from tifo.registry.actions.uploads import begin, discard, settle, upload, work_on_uploads
from tifo.registry.queries import FanPage, fan_page
from tifo.registry.types import FileLook, ImportResult, Reading

__all__ = [
    "FanPage",
    "FileLook",
    "ImportResult",
    "Reading",
    "begin",
    "carry_out",
    "check_source",
    "correct",
    "discard",
    "erase",
    "erasures_file",
    "expire_files",
    "export_known",
    "fan_page",
    "give_for",
    "hand_over",
    "look_at",
    "note_erasure",
    "note_return",
    "read_as",
    "repeat_erasures",
    "result_of",
    "settle",
    "sweep_after_erasure",
    "take_up",
    "targets_of",
    "try_out",
    "upload",
    "withdraw_for",
    "work_on_uploads",
]
