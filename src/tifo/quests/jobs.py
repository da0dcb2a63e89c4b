"""What quests do again and again."""

from tifo.kernel.public import job
from tifo.quests.actions import pay_settled


@job(every=5, shared=True)
def pay() -> bool:
    """Who had a settled prediction right gets her points, whoever no longer has it right gives them back."""
    return pay_settled()
