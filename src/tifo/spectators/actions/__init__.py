"""Every write of this context."""

from tifo.spectators.actions.holders import forget_fan, link_fans
from tifo.spectators.actions.importing import FILES, import_files, import_programme

__all__ = ["FILES", "forget_fan", "import_files", "import_programme", "link_fans"]
