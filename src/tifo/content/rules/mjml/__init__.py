"""MJML as communicators may write it: read, checked and written anew by us."""

from tifo.content.rules.mjml.reader import Reader
from tifo.content.rules.mjml.tree import Node
from tifo.content.rules.mjml.vocabulary import CONTENT
from tifo.content.rules.mjml.writing import texts, write
from tifo.content.rules.pieces import Rendered, Sections, Url
from tifo.content.rules.tags import Fault, TagUse
from tifo.kernel.public import sentence as _

__all__ = ["read_mjml"]


def read_mjml(source: str, marks: list[TagUse | Url], faults: list[Fault]) -> Rendered:
    """Check MJML and write it anew as whole sections; words are sanitised. Faults are added to `faults`."""
    reader = Reader(marks, faults)
    reader.feed(source)
    reader.close()
    for node in reader.open[1:]:
        faults.append(
            Fault(
                node.line,
                1,
                _("<%(what)s> is not closed", what=node.name),
                _("write </%(what)s>", what=node.name),
            )
        )
    sections: list[str] = []
    loose: list[Node] = []
    words: list[str] = []
    for child in [*reader.root.children, None]:
        if child is not None and child.name in CONTENT:
            loose.append(child)
            continue
        if loose:
            inner = "".join(map(write, loose))
            sections.append(f'<mj-section padding="24px 0"><mj-column>{inner}</mj-column></mj-section>')
            loose = []
        if child is not None:
            sections.append(write(child))
    for node in reader.root.children:
        texts(node, words)
    mjml = "".join(sections)
    return Rendered(
        (Sections(mjml),) if mjml else (),
        "\n\n".join(filter(None, words)),
        tuple(marks),
        tuple(faults),
        reader.bare,
    )
