"""What points come from and go to has a name that people read."""

from collections.abc import Mapping

from tifo.kernel.public import Refused
from tifo.kernel.public import sentence as _
from tifo.points.models import Cause


def name_cause(key: str, names: Mapping[str, str]) -> None:
    """Call what a rule earns for, or what points are spent on (`about`), by these names, by language; the last ones count."""
    if not 0 < len(key) <= 120:
        raise Refused(_("a cause has a key of 1 to 120 characters"))
    if any(not 0 < len(name) <= 200 for name in names.values()):
        raise Refused(_("a cause’s name has 1 to 200 characters"))
    Cause.objects.update_or_create(key=key, defaults={"names": dict(names)})
