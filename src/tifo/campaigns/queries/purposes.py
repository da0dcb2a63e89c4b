"""For what a campaign may write."""

from tifo.consents.public import Purpose, purposes

_WITHOUT_PROMOTION = ("service", "tracking")


def campaign_purposes() -> list[Purpose]:
    """Those that a fan can say yes and no to. What she gets without being asked holds no promotion, so no blocks of
    anybody's choice: it is written as letters (C6)."""
    return [purpose for purpose in purposes() if purpose.legal_class not in _WITHOUT_PROMOTION]
