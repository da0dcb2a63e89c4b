"""What preferences do when something happens below."""

import pyarrow as pa
import pyarrow.compute as pc

from tifo.consents.public import ConsentsImported, ConsentWithdrawn
from tifo.delivery.public import HitsArchived, archived_hits
from tifo.fans.public import FanErased
from tifo.kernel.public import bulk, reacts_to
from tifo.preferences.actions import forget_fan, forget_source, learn
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


@reacts_to(HitsArchived)
def learn_from_clicks(event: HitsArchived) -> None:
    """A person clicked on a link that is about something: she may like it."""
    hits = archived_hits(event.file_id)
    counted = pc.and_(pc.equal(hits.column("kind"), "click"), pc.equal(hits.column("class"), "person"))
    clicks = hits.filter(pc.and_(counted, pc.is_valid(hits.column("fan_id"))))
    flat = clicks.column("topics").combine_chunks()
    if not len(flat.flatten()):
        return
    which = pc.list_parent_indices(flat)
    named = clicks.select(["message_id", "fan_id", "link", "at"]).take(which)
    references = [
        f"{message}:{link}"
        for message, link in zip(
            named.column("message_id").to_pylist(), named.column("link").to_pylist(), strict=True
        )
    ]
    count = named.num_rows
    learn(
        pa.table(
            {
                "fan_id": named.column("fan_id"),
                "topic": flat.flatten(),
                "source": pa.repeat("click", count),
                "weight": pa.nulls(count, pa.float64()),
                "at": named.column("at"),
                "reference": pa.array(references, pa.string()),
            }
        )
    )
