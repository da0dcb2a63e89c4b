"""The programme that tickets are for: that of Paris 2024 where it lies beside the project, else the tests' extract."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent.parent
FULL = _HERE.parent / "shared" / "data" / "paris2024"
EXTRACT = _HERE / "tests" / "journeys" / "data" / "paris2024"


def programme() -> Path:
    """The folder with venues.csv and sessions.csv."""
    return FULL if FULL.exists() else EXTRACT
