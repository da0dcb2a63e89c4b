"""Looking a campaign over before anything is sent."""

from django.utils.translation import gettext as _

from tifo.audiences.public import AudienceError, count
from tifo.campaigns.queries import campaign_purposes, why_no_campaign
from tifo.campaigns.types import CampaignDefinition, CheckResult
from tifo.content.public import Coverage, Problem, check, coverage
from tifo.kernel.public import Refused


def _purpose_problems(definition: CampaignDefinition) -> list[Problem]:
    text = why_no_campaign(definition.purpose)
    if not text:
        return []
    known = ", ".join(sorted(campaign_purposes()))
    return [Problem("error", "purpose", text, _("choose one of %(known)s") % {"known": known})]


def _place(error: AudienceError) -> str:
    said = {"line": error.line, "column": error.column}
    if error.line == 1:
        return _("audience, column %(column)s") % said
    return _("audience, line %(line)s, column %(column)s") % said


def _audience_problems(definition: CampaignDefinition) -> tuple[list[Problem], int | None]:
    try:
        found = count(definition.audience).count
    except AudienceError as error:
        return [Problem("error", _place(error), error.problem, error.hint or _("correct the question"))], None
    if found == 0:
        nobody = Problem(
            "warning", "audience", _("nobody is in it today"), _("look at it with `tifo audiences explain`")
        )
        return [nobody], 0
    return [], found


def _coverage_problems(covered: Coverage) -> list[Problem]:
    problems = []
    for slot in dict.fromkeys(share.slot for share in covered.shares):
        if empty := covered.empty(slot):
            text = _("empty for %(fans)s of %(all)s fans") % {
                "fans": f"{empty:,}",
                "all": f"{covered.fans:,}",
            }
            problems.append(
                Problem("warning", f"slot {slot}", text, _("add a last block without `when`, or go on"))
            )
    served: dict[tuple[str, str], int] = {}
    for share in covered.shares:
        if share.block and share.served.split("-")[0] != share.language.split("-")[0]:
            key = (share.language, share.served)
            served[key] = max(served.get(key, 0), share.fans)
    for (language, other), fans in sorted(served.items()):
        said = {"fans": f"{fans:,}", "language": language or "?", "other": other}
        text = _("%(fans)s fans who read “%(language)s” get the text in “%(other)s”") % said
        problems.append(Problem("warning", "languages", text, _("add the language, or go on")))
    return problems


def check_definition(definition: CampaignDefinition) -> CheckResult:
    """All that stops this campaign and all that one should know, over the lake as it is now."""
    problems = [*_purpose_problems(definition), *check(definition.composition)]
    from_audience, found = _audience_problems(definition)
    problems += from_audience
    if not any(problem.level == "error" for problem in problems):
        try:
            problems += _coverage_problems(coverage(definition.composition, definition.audience))
        except Refused as error:
            problems.append(Problem("error", "blocks", str(error), _("correct the block")))
    return CheckResult(tuple(problems), found)
