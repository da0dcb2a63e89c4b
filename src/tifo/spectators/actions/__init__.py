"""Every write of this context."""

from tifo.spectators.actions.holders import forget_fan, link_fan, link_fans
from tifo.spectators.actions.importing import FILES, import_files, import_programme
from tifo.spectators.actions.runs import apply_run, ask_check, work

__all__ = [
    "FILES",
    "apply_run",
    "ask_check",
    "forget_fan",
    "import_files",
    "import_programme",
    "link_fan",
    "link_fans",
    "work",
]
