"""The door of campaigns."""

from tifo.campaigns.actions import (
    approve,
    cancel,
    check_definition,
    pause,
    resume,
    save_campaign,
    send_again,
    start,
    start_missed,
    test_send,
)
from tifo.campaigns.queries import (
    campaign,
    campaigns,
    latest_occurrence,
    occurrence,
    occurrence_combinations,
    occurrence_definition,
    progress,
)
from tifo.campaigns.rules import read_campaign_file, write_campaign_file
from tifo.campaigns.rules.words import reason_word, stage_word
from tifo.campaigns.types import (
    CampaignDefinition,
    CampaignFileError,
    CampaignView,
    CheckResult,
    OccurrenceView,
    Progress,
    Stage,
    StaleEdit,
    Timing,
)

__all__ = [
    "CampaignDefinition",
    "CampaignFileError",
    "CampaignView",
    "CheckResult",
    "OccurrenceView",
    "Progress",
    "Stage",
    "StaleEdit",
    "Timing",
    "approve",
    "campaign",
    "campaigns",
    "cancel",
    "check_definition",
    "latest_occurrence",
    "occurrence",
    "occurrence_combinations",
    "occurrence_definition",
    "pause",
    "progress",
    "read_campaign_file",
    "reason_word",
    "resume",
    "save_campaign",
    "send_again",
    "stage_word",
    "start",
    "start_missed",
    "test_send",
    "write_campaign_file",
]
