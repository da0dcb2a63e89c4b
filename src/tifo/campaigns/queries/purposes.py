"""For what a campaign may write."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from tifo.consents.public import Purpose, purpose_keys, purposes

_WITHOUT_PROMOTION = ("service", "tracking")


def campaign_purposes() -> Mapping[str, Purpose]:
    """Those that a fan can say yes and no to, by key. What she gets without being asked holds no promotion, so no
    blocks of anybody's choice: it is written as letters (C6)."""
    return {one.key: one for one in purposes() if one.legal_class not in _WITHOUT_PROMOTION}


def why_no_campaign(purpose: str) -> str:
    """Why no campaign may have this purpose; empty where one may."""
    if purpose in campaign_purposes():
        return ""
    if purpose in purpose_keys():
        text = _("the purpose “%(purpose)s” is not for campaigns: what it covers holds no promotion")
    else:
        text = _("the purpose “%(purpose)s” is not known")
    return text % {"purpose": purpose}
