"""What quests do again and again."""

from tifo.kernel.public import job
from tifo.quests.actions import forget_old_photos, pay_settled, sweep_photos


@job(every=5, shared=True)
def pay() -> bool:
    """Who had a settled prediction right gets her points, whoever no longer has it right gives them back."""
    return pay_settled()


@job(every=3600)
def let_photos_go() -> bool:
    """Photos whose time is over go, and files that nothing names."""
    return forget_old_photos() or sweep_photos()
