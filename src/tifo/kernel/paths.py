"""Where tifo keeps its files."""

from pathlib import Path

from django.conf import settings


def data_path(*parts: str) -> Path:
    """A folder or file below TIFO_DATA; the folders above it are made. The last part is not."""
    path = Path(settings.TIFO_DATA).joinpath(*parts)
    (path.parent if parts else path).mkdir(parents=True, exist_ok=True)
    return path
