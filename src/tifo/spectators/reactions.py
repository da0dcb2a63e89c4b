"""What spectators does when something happens to a fan."""

from tifo.fans.public import FanChanged, FanCreated, FanErased, FansImported
from tifo.kernel.public import reacts_to
from tifo.spectators.actions import forget_fan, link_fan, link_fans


@reacts_to(FanCreated)
def link_new_fan(event: FanCreated) -> None:
    """A holder became a fan: her tickets are hers at once."""
    link_fan(event.fan_id)


@reacts_to(FanChanged)
def link_changed_fan(event: FanChanged) -> None:
    """A new address may be the one on a ticket."""
    link_fan(event.fan_id)


@reacts_to(FansImported)
def link_imported_fans(_event: FansImported) -> None:
    """Chunk by chunk as the import goes on; the job does what is left."""
    link_fans()


@reacts_to(FanErased)
def forget(event: FanErased) -> None:
    """Her tickets stay, without her."""
    forget_fan(event.fan_id)
