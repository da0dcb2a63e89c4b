"""What she tells about herself."""

from collections.abc import Mapping

from tifo.fans.public import update_fan

TOLD = ("first_name", "last_name", "country", "language", "postcode", "birth_date")


def tell_facts(fan_id: int, values: Mapping[str, object]) -> bool:
    """Correct what we know of her; whether anything changed."""
    return update_fan(fan_id, by_herself=True, **{name: values[name] for name in TOLD if name in values})
