"""Reading: campaigns and their sendings, what would happen, and why a fan gets what she gets."""

from tifo.campaigns.queries.audit import broken_promises
from tifo.campaigns.queries.foresight import foresee, foresee_audience, span_of
from tifo.campaigns.queries.kept import (
    campaign,
    campaigns,
    chunks_left,
    combinations_of,
    definition_from,
    fingerprint_of,
    latest_occurrence,
    mailing_look,
    needs_approval,
    occurrence,
    occurrence_combinations,
    occurrence_definition,
    occurrence_of,
    plain_definition,
    progress,
)
from tifo.campaigns.queries.purposes import campaign_purposes, why_no_campaign
from tifo.campaigns.queries.ramp import halted_sendings, ramp_foreseen, rates_of, watched
from tifo.campaigns.queries.reasons import seen_without_person, why_these_blocks

__all__ = [
    "broken_promises",
    "campaign",
    "campaign_purposes",
    "campaigns",
    "chunks_left",
    "combinations_of",
    "definition_from",
    "fingerprint_of",
    "foresee",
    "foresee_audience",
    "halted_sendings",
    "latest_occurrence",
    "mailing_look",
    "needs_approval",
    "occurrence",
    "occurrence_combinations",
    "occurrence_definition",
    "occurrence_of",
    "plain_definition",
    "progress",
    "ramp_foreseen",
    "rates_of",
    "seen_without_person",
    "span_of",
    "watched",
    "why_no_campaign",
    "why_these_blocks",
]
