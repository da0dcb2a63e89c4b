"""What would happen: how many get it, who does not and why, and between when and when."""

from tifo.audiences.public import condition
from tifo.campaigns.rules.moments import span
from tifo.campaigns.types import CampaignDefinition, Foresight, Span, Timing
from tifo.consents.public import purposes
from tifo.kernel.public import clock
from tifo.lake.public import looking


def foresee(definition: CampaignDefinition) -> Foresight:
    """Who would get a campaign."""
    return foresee_audience(definition.audience, definition.purpose)


def foresee_audience(audience: str, purpose_key: str) -> Foresight:
    """Who is in the audience, and who of them gets nothing for a reason that is known beforehand.

    The gate looks again at each message as it leaves.
    """
    now = clock.this_minute()
    asked = condition(audience, now=now)
    reach = condition('reachable("email")', now=now)
    agreed, params = "TRUE", {**asked.params, **reach.params}
    purpose = next((one for one in purposes() if one.key == purpose_key), None)
    if purpose is None or purpose.legal_class != "service":
        consent = condition(f'consents("{purpose_key}")', now=now)
        agreed, params = consent.sql, {**params, **consent.params}
    statement = f"""
        SELECT count(*) AS audience, count(*) FILTER (WHERE NOT ({reach.sql})) AS no_address,
               count(*) FILTER (WHERE ({reach.sql}) AND NOT ({agreed})) AS no_consent
        FROM fan WHERE {asked.sql}
    """
    with looking() as reader:
        row = reader.sql(statement, params).to_pylist()[0]
        return Foresight(row["audience"], row["no_address"], row["no_consent"], reader.as_of)


def span_of(definition: CampaignDefinition, timing: Timing) -> Span | None:
    """Between when and when the messages are due; None when nobody is in the audience."""
    asked = condition(definition.audience)
    statement = (
        "SELECT coalesce(fan.timezone, 'UTC') AS zone, count(*) AS fans "
        f"FROM fan WHERE {asked.sql} GROUP BY 1 ORDER BY 1"
    )
    with looking() as reader:
        zones = {row["zone"]: row["fans"] for row in reader.sql(statement, asked.params).to_pylist()}
    return span(timing, zones, clock.now())
