"""What registry does when something happened below."""

from tifo.fans.public import CameBack, FanErased
from tifo.kernel.public import reacts_to
from tifo.registry.public import note_erasure, note_return, sweep_after_erasure


@reacts_to(FanErased)
def write_it_down(event: FanErased) -> None:
    """Outside the base, for the day on which it is set back."""
    note_erasure(event)


@reacts_to(CameBack)
def strike_it_out(event: CameBack) -> None:
    """Who came back by herself stays."""
    note_return(event)


@reacts_to(FanErased)
def forget_files(event: FanErased) -> None:  # noqa: ARG001  which lines were hers can't be known any more
    """No file that waits for a person may still name her."""
    sweep_after_erasure()
