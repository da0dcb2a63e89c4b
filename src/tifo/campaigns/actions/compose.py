"""Changing what a campaign says, a step at a time."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tifo.audiences.public import parse
from tifo.campaigns.actions.save import save_campaign
from tifo.campaigns.queries import campaign, campaign_purposes
from tifo.campaigns.rules.edit import CantBeDone, put_block, put_head
from tifo.campaigns.types import CampaignDefinition
from tifo.content.public import Block, Composition, Slot, check_block
from tifo.kernel.public import Refused

SENTENCES = {
    "no-slot": gettext_lazy("There is no slot “%(name)s” here any more."),
    "name": gettext_lazy(
        "“%(name)s” can't be a name: use small letters, digits and hyphens, such as last-seats."
    ),
    "slot-twice": gettext_lazy("There is a slot “%(name)s” already: choose another name."),
    "last-slot": gettext_lazy("“%(name)s” is the only slot: a message needs one."),
    "no-block": gettext_lazy("There is no block “%(name)s” here any more."),
    "block-in-slot": gettext_lazy("The slot has “%(name)s” already."),
    "last-block": gettext_lazy(
        "It is the only block of slot “%(name)s”: add another one first, or remove the slot."
    ),
    "block-named": gettext_lazy("Slot “%(slot)s” names the block “%(name)s”: take it out there first."),
    "no-subject": gettext_lazy(
        "The subject has no text in “%(name)s”, the fall-back language: write it, or choose another one."
    ),
}


def change_composition(
    name: str, change: Callable[[Composition], Composition], *, expected: str, actor: int | None
) -> None:
    """Apply a change of rules.edit and keep the campaign; StaleEdit when it is not as it was seen (`expected`)."""
    definition = campaign(name).definition
    try:
        changed = change(definition.composition)
    except CantBeDone as refused:
        raise Refused(str(SENTENCES[refused.problem]) % refused.values) from None
    save_campaign(replace(definition, composition=changed), actor=actor, expected=expected)


def change_head(
    name: str,
    *,
    fallback: str,
    subject: Mapping[str, str],
    preheader: Mapping[str, str],
    expected: str,
    actor: int | None,
) -> None:
    """Write subject, preheader and fall-back language; languages without a text fall away."""
    change_composition(
        name,
        lambda shown: put_head(shown, fallback=fallback, subject=subject, preheader=preheader),
        expected=expected,
        actor=actor,
    )


def change_block(name: str, block: Block, *, expected: str, actor: int | None, fresh: bool) -> None:
    """Write a block of the campaign. Refused when a text has an unknown tag or a question can't be asked."""
    composition = campaign(name).definition.composition
    known = composition.block(block.name)
    if fresh and known is not None:
        raise Refused(_("There is a block “%(name)s” already: choose another name.") % {"name": block.name})
    falls_to = block.fallback or next((language for language, text in block.texts.items() if text), "")
    slots = [slot for slot in composition.slots if block.name in slot.candidates]
    per_ticket = not slots or any(slot.repeat == "tickets" for slot in slots)
    problems = check_block(block, per_ticket=per_ticket, fallback=falls_to or composition.fallback)
    if errors := [problem for problem in problems if problem.level == "error"]:
        raise Refused("\n".join(map(str, errors)))
    change_composition(name, lambda shown: put_block(shown, block), expected=expected, actor=actor)


def change_audience(name: str, *, purpose: str, audience: str, expected: str, actor: int | None) -> None:
    """Say who gets it, and by which right. AudienceError points at what can't be asked."""
    if purpose not in campaign_purposes():
        raise Refused(_("There is no purpose “%(purpose)s”: choose one of the list.") % {"purpose": purpose})
    parse(audience)
    definition = replace(campaign(name).definition, purpose=purpose, audience=audience)
    save_campaign(definition, actor=actor, expected=expected)


def new_campaign(name: str, *, purpose: str, audience: str, language: str, actor: int | None) -> None:
    """A campaign with one slot and one block, to be written on."""
    parse(audience)
    welcome = Block("welcome", "markdown", {language: _("Write here what all of them shall read.")})
    definition = CampaignDefinition(
        name=name,
        purpose=purpose,
        audience=audience,
        composition=Composition(
            subject={language: name.replace("-", " ").capitalize()},
            slots=(Slot("trunk", ("welcome",)),),
            blocks=(welcome,),
            fallback=language,
        ),
    )
    save_campaign(definition, actor=actor, fresh=True)
