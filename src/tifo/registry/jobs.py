"""What the worker does for registry: the imports of the studio, and the end of files' lives."""

from tifo.kernel.public import job
from tifo.registry.public import expire_files, work_on_uploads


@job(every=1, shared=True)
def import_uploads() -> bool:
    """Check or import the next file that somebody uploaded."""
    return work_on_uploads()


@job(every=3600)
def expire_import_files() -> bool:
    """Files of old imports go."""
    return expire_files()
