"""What a fan asked and was answered where her activity was turned away."""

from tifo.quests.models import Activity, Appeal, Play
from tifo.quests.types import Appealed


def appeal_of(fan_id: int, name: str) -> Appealed | None:
    """None where no person turned her activity away."""
    play = Play.objects.filter(fan_id=fan_id, quest__name=name, quantity__gt=0, state="refused").first()
    if play is None or not Activity.objects.filter(play=play).exists():
        return None
    row = Appeal.objects.filter(play=play).first()
    return Appealed(row.words, row.answer) if row else Appealed()
