"""The campaign file, and the changes that a person makes to a campaign: pure, without database."""

from tifo.campaigns.rules.file import LANGUAGE, NAME, RESERVED, read_campaign_file, write_campaign_file

__all__ = ["LANGUAGE", "NAME", "RESERVED", "read_campaign_file", "write_campaign_file"]
