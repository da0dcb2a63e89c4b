"""What preferences do when something happens below."""

import pyarrow as pa

from tifo.consents.public import ConsentsImported, ConsentWithdrawn
from tifo.fans.public import FanErased
from tifo.kernel.public import bulk, reacts_to
from tifo.preferences.actions import forget_fan, forget_source
from tifo.preferences.rules import PURPOSE_OF_SOURCE


@reacts_to(FanErased)
def forget(event: FanErased) -> None:
    """Nothing stays of what she liked."""
    forget_fan(event.fan_id)


@reacts_to(ConsentWithdrawn)
def forget_what_needed_it(event: ConsentWithdrawn) -> None:
    """Who does not want to be tracked any more is not judged by her clicks of before either."""
    for source, purpose in PURPOSE_OF_SOURCE.items():
        if purpose == event.purpose:
            forget_source([event.fan_id], source)


@reacts_to(ConsentsImported)
def forget_what_imports_withdrew(event: ConsentsImported) -> None:
    """The same, for answers that came in a file."""
    for source, purpose in PURPOSE_OF_SOURCE.items():
        gone = bulk.read(
            "SELECT fan_id FROM consents_head WHERE rev = %s AND purpose = %s AND state = 'withdrawn'",
            [event.rev, purpose],
            schema=pa.schema([("fan_id", pa.int64())]),
        )
        forget_source(gone.column("fan_id").to_pylist(), source)
