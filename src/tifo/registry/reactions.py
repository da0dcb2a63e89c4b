"""What registry does when something happened below."""

from tifo.fans.public import FanErased
from tifo.kernel.public import reacts_to
from tifo.registry.public import sweep_after_erasure


@reacts_to(FanErased)
def forget_files(event: FanErased) -> None:  # noqa: ARG001  which lines were hers can't be known any more
    """No file that waits for a person may still name her."""
    sweep_after_erasure()
