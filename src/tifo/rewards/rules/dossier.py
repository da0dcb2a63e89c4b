"""The file for a bailiff, a notary or a ministry: a draw on paper, with every hash, and what the independent verifier said."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace

from tifo.rewards.rules.verdict import Verdict

logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every glyph
FONTS = Path(__file__).resolve().parents[1] / "fonts"
MOST_ROWS = 2000  # drawn entries on paper; the transcript has them all
RIGHT_TO_LEFT = ("ar", "he", "fa", "ur")


class _Paper(FPDF):
    """A page with the transcript's hash at its foot: no page can be exchanged unseen."""

    def __init__(self, title: str, foot: str, language: str, at: datetime) -> None:
        super().__init__(format="A4")
        self.foot, self.rtl = foot, language in RIGHT_TO_LEFT
        self.set_margin(18)
        self.set_auto_page_break(auto=True, margin=20)
        self.add_font("text", fname=FONTS / "DejaVuSans.ttf")
        self.add_font("code", fname=FONTS / "DejaVuSansMono.ttf")
        self.set_text_shaping(use_shaping_engine=True)
        self.set_title(title)
        self.set_lang(language)
        self.set_creation_date(at)
        self.set_producer("tifo")
        self.add_page()

    def footer(self) -> None:
        self.set_y(-14)
        self.set_font("code", size=6.5)
        self.cell(w=0, h=4, text=f"{self.foot}   {self.page_no()}/{{nb}}", align="C")

    def say(self, text: str, size: float = 9.5, gap: float = 1.5) -> None:
        self.set_font("text", size=size)
        align = "R" if self.rtl else "L"
        self.multi_cell(w=0, h=size * 0.5, text=text, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(gap)

    def head(self, text: str) -> None:
        self.ln(2)
        if self.will_page_break(20):
            self.add_page()
        self.say(text, size=13)

    def code(self, text: str, size: float = 7.5) -> None:
        self.set_font("code", size=size)
        self.multi_cell(w=0, h=size * 0.52, text=text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(1.5)

    def rows(self, head: Iterable[str], lines: Iterable[Iterable[object]], widths: tuple[int, ...]) -> None:
        plain = FontFace(family="text", emphasis="", size_pt=8)
        hashes = FontFace(family="code", size_pt=7)
        with self.table(
            width=self.epw,
            col_widths=widths,
            line_height=4.6,
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=plain,
        ) as table:
            table.row(tuple(head))
            for first, *others in lines:
                row = table.row()
                row.cell(str(first), style=plain)
                for word in others:
                    row.cell(str(word), style=hashes if str(word).isascii() else plain)
        self.ln(2)


def dossier(
    transcript: Mapping[str, Any], verdict: Verdict, *, title: str, organiser: str, language: str
) -> bytes:
    """The PDF; the sentences are in the language that is active, `language` says which that is. The same draw gives
    the same bytes."""
    said = _Said(transcript)
    paper = _Paper(title, verdict.transcript_hash, language, datetime.fromisoformat(said.drawn["at"]))
    paper.say(title, size=18)
    paper.say(_("Record of a draw, organised by %(organiser)s") % {"organiser": organiser}, size=11)
    _result(paper, verdict)
    _rules(paper, said)
    _frozen(paper, said)
    _randomness(paper, said)
    _drawn(paper, said)
    _verifier(paper, verdict)
    return bytes(paper.output())


class _Said:
    """A transcript and its offer's entries in the log."""

    def __init__(self, transcript: Mapping[str, Any]) -> None:
        self.transcript, self.rules = transcript, transcript["rules"]
        mine = [entry for entry in transcript["log"] if entry["offer"] == self.rules["offer"]]
        self.published = [entry for entry in mine if entry["kind"] == "rules"][-1]
        self.freeze = next(entry for entry in mine if entry["kind"] == "freeze")
        self.drawn = next(entry for entry in mine if entry["kind"] == "drawn")
        self.states = {}
        for entry in mine:
            for change in entry["body"].get("changes", ()) if entry["kind"] == "awards" else ():
                self.states[change["stratum"], change["rank"]] = change["state"]


def _result(paper: _Paper, verdict: Verdict) -> None:
    paper.head(_("In short"))
    if verdict.verified:
        paper.say(
            _(
                "The independent verifier computed this draw again, from the rules to the last rank, and found it right."
            )
        )
    else:
        paper.say(
            _("THE INDEPENDENT VERIFIER DID NOT FIND THIS DRAW RIGHT. Its words are at the end."), size=12
        )
    paper.say(
        _(
            "This record names nobody. An entry is known here by its commitment, which only the entrant and the organiser can"
            " open: with the salt and the holder's name of her receipt."
        )
    )


def _rules(paper: _Paper, said: _Said) -> None:
    rules = said.rules
    paper.head(_("Rules"))
    paper.rows(
        (_("What"), _("Value")),
        [
            (_("Offer"), rules["offer"]),
            (_("Version"), rules["version"]),
            (_("Entries from"), rules["opens_at"]),
            (_("Entries until"), rules["closes_at"]),
            (_("Eligibility judged at"), rules["cutoff_at"] or _("entry")),
            (_("Published in the log at"), f"{said.published['at']} (#{said.published['number']})"),
            (_("Hash of the rules"), said.published["body"]["rules_hash"]),
            *(
                (_("Hash of the text, %(language)s") % {"language": one}, digest)
                for one, digest in rules["texts"].items()
            ),
        ],
        (30, 70),
    )
    if rules["eligibility"]:
        paper.say(
            _("Eligible is who has: %(conditions)s.")
            % {"conditions": ", ".join(f"{a} {b} {c}" for a, b, c in rules["eligibility"])}
        )
    if rules["weights"] is None:
        paper.say(_("Every entry has one ticket."))
    else:
        paper.say(
            _("Every entry has one ticket, and more by these steps, but never more than %(cap)s:")
            % {"cap": rules["weights"]["cap"]}
        )
        for add in rules["weights"]["add"]:
            steps = "; ".join(f">= {at_least}: +{more}" for at_least, more in add["steps"])
            paper.code(f"{add['input']}   {steps}")


def _frozen(paper: _Paper, said: _Said) -> None:
    body = said.freeze["body"]
    paper.head(_("Entries, frozen before the randomness existed"))
    paper.rows(
        (_("What"), _("Value")),
        [
            (_("Frozen at"), f"{said.freeze['at']} (#{said.freeze['number']})"),
            (_("Entries"), body["entries"]),
            (_("Tickets"), body["tickets"]),
            (_("Merkle root"), body["root"]),
            (_("Hash of the log's entry"), said.freeze["hash"]),
            *(
                (_("Taken out beforehand: %(reason)s") % {"reason": reason}, count)
                for reason, count in sorted(body["excluded"].items())
            ),
        ],
        (30, 70),
    )
    places = {one["key"]: one["places"] for one in said.rules["strata"]}
    paper.rows(
        (_("Stratum"), _("Places"), _("Entries"), _("Tickets")),
        [(one["key"], places[one["key"]], one["entries"], one["tickets"]) for one in body["strata"]],
        (40, 20, 20, 20),
    )


def _randomness(paper: _Paper, said: _Said) -> None:
    beacon, source = said.transcript["beacon"], said.rules["randomness"]
    paper.head(_("Randomness"))
    if beacon["source"] == "drand":
        paper.say(
            _(
                "From the public beacon drand; the round was named when the entries were frozen, and came after."
            )
        )
        lines = [
            (_("Chain"), source["chain_hash"]),
            (_("Round"), beacon["round"]),
            (_("Signature"), beacon["signature"]),
        ]
    else:
        parties = source.get("parties") or source["fallback"]["parties"]
        paper.say(
            ngettext(
                "From the secret of %(count)s party, committed to in the rules and revealed after the freeze.",
                "From the secrets of %(count)s parties, committed to in the rules and revealed after the freeze.",
                len(parties),
            )
            % {"count": len(parties)}
        )
        if source["source"] == "drand":
            paper.say(_("This is the fall-back that the rules declared: the round could not be had in time."))
        lines = [(party["name"], secret) for party, secret in zip(parties, beacon["secrets"], strict=True)]
    paper.rows((_("What"), _("Value")), [*lines, (_("Randomness"), beacon["randomness"])], (30, 70))


def _drawn(paper: _Paper, said: _Said) -> None:
    paper.head(_("Result"))
    paper.rows(
        (_("What"), _("Value")),
        [
            (_("Drawn at"), f"{said.drawn['at']} (#{said.drawn['number']})"),
            (_("Seed"), said.drawn["body"]["seed"]),
            (_("Hash of the whole order"), said.drawn["body"]["order"]),
            (_("Hash of the log's entry"), said.drawn["hash"]),
        ],
        (30, 70),
    )
    words = {"offered": _("drawn"), "claimed": _("claimed"), "forfeited": _("forfeited")}
    rows = said.transcript["entries"]["rows"]
    for one in said.transcript["result"]["strata"]:
        called = max([one["winners"], *(rank for key, rank in said.states if key == one["key"])])
        paper.say(f"{one['key']}: {one['winners']} / {len(one['ranking'])}", size=11)
        shown = one["ranking"][: min(called, MOST_ROWS)]
        paper.rows(
            (_("Rank"), _("Entry"), _("Commitment"), _("State")),
            [
                (rank, index, rows[index][0], words[said.states.get((one["key"], rank), "offered")])
                for rank, index in enumerate(shown, 1)
            ],
            (8, 10, 66, 16),
        )
        if called > len(shown):
            paper.say(_("%(count)s more ranks are in the transcript.") % {"count": called - len(shown)})


def _verifier(paper: _Paper, verdict: Verdict) -> None:
    paper.head(_("What the verifier said"))
    paper.code(verdict.said.strip())
    paper.say(_("Anybody can have it computed again, on any computer, without the organiser:"))
    paper.code("pip install py-ecc\npython verify_draw.py transcript.json --head HASH")
    paper.rows(
        (_("What"), "SHA-256"),
        [("verify_draw.py", verdict.verifier_hash), ("transcript.json", verdict.transcript_hash)],
        (30, 70),
    )
