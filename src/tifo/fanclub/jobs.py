"""What the fan club does again and again."""

from tifo.fanclub.actions import forget_old_wishes
from tifo.kernel.public import job


@job(every=3600)
def forget_wishes() -> bool:
    """Wishes that nobody confirmed."""
    return forget_old_wishes()
