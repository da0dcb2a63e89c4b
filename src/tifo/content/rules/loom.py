"""The mosaic: compiled once per combination, cut at the personal marks, joined per fan.

A combination is what many fans share (language, variant, chosen blocks). Its MIME body is rendered, sanitised and
encoded once; weaving a message is a join of byte fragments with a few encoded values.
"""

from collections import OrderedDict
from collections.abc import Mapping

from tifo.content.rules.compose import fingerprint, links
from tifo.content.rules.making import Compiled, Making
from tifo.content.rules.quoted import SOFT, harmless, header_words, wire_safe
from tifo.content.rules.values import FAN, personal_bytes
from tifo.content.types import Combination, Composition, MailingLook, Personal, Woven

_KEPT = 512  # combinations held ready; more are compiled again when met again


class Loom:
    """Weaves the messages of one mailing. Not for sharing between threads."""

    def __init__(self, composition: Composition, mailing: MailingLook) -> None:
        self.composition, self.mailing = composition, mailing
        self._index = {(link.block, link.language, link.url): link.index for link in links(composition)}
        self._identity = fingerprint(composition)
        self._compiled: OrderedDict[Combination, Compiled] = OrderedDict()

    def weave(self, combination: Combination, personal: Personal) -> Woven:
        """One message: the same values give the same bytes."""
        compiled = self._compiled.get(combination) or self._compile(combination)
        fan = personal.fan
        tokens = [
            personal.link_token.encode("ascii"),
            personal.unsubscribe_token.encode("ascii"),
            compiled.pixel.replace(b"<token>", personal.link_token.encode("ascii"))
            if personal.pixel
            else b"",
        ]
        values = tokens.copy()
        for field in compiled.fields:
            value = fan.get(FAN[field.key])
            values.append(
                (personal_bytes(str(value), field.html, compiled.rtl) if value else b"") or field.fallback
            )
        for repeat in compiled.repeats:
            laid = [repeat.weave(ticket, fan, tokens) for ticket in personal.tickets]
            values.append(SOFT.join([html for html, _text in laid]))
            values.append(SOFT.join([text for _html, text in laid]))
        return Woven(
            self._subject(compiled, fan),
            compiled.content.join(values),
            compiled.wire_safe and all(map(wire_safe, tokens)),
        )

    @staticmethod
    def _subject(compiled: Compiled, fan: Mapping[str, object]) -> bytes:
        words = [
            part if isinstance(part, str) else harmless(fan.get(part[0]) or "") or part[1]
            for part in compiled.subject
        ]
        return header_words("".join(words))

    def _compile(self, combination: Combination) -> Compiled:
        if len(combination.blocks) != len(self.composition.slots):
            raise ValueError(f"{len(combination.blocks)} blocks for {len(self.composition.slots)} slots")
        compiled = Making(self.composition, self.mailing, combination, self._index, self._identity).compile()
        self._compiled[combination] = compiled
        if len(self._compiled) > _KEPT:
            self._compiled.popitem(last=False)
        return compiled
