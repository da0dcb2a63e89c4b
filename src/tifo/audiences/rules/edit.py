"""Changes to a question's tree, each giving a new tree. A place is the way to a node: (0, 2) is the third part of
the first part; () is the whole."""

from typing import Literal

from tifo.audiences.types import And, AudienceError, Clause, Node, Not, Or
from tifo.kernel.public import sentence as _

Place = tuple[int, ...]


def parts_of(node: Node) -> tuple[Node, ...]:
    """The nodes right below."""
    if isinstance(node, Not):
        return (node.part,)
    return node.parts if isinstance(node, And | Or) else ()


def at(node: Node, place: Place) -> Node:
    """The node at a place."""
    for step in place:
        parts = parts_of(node)
        if not 0 <= step < len(parts):
            raise AudienceError(
                _("this part of the question is not there any more"), hint=_("look at the question again")
            )
        node = parts[step]
    return node


def put(node: Node, place: Place, new: Node | None) -> Node | None:
    """`new` instead of what stands at `place`; None takes it out, and what is then left alone moves up."""
    if not place:
        return new
    at(node, place)
    step, *rest = place
    parts = list(parts_of(node))
    changed = put(parts[step], tuple(rest), new)
    if changed is None:
        del parts[step]
    else:
        parts[step] = changed
    if isinstance(node, Not):
        return Not(parts[0]) if parts else None
    if len(parts) < 2:
        return parts[0] if parts else None
    return And(tuple(parts)) if isinstance(node, And) else Or(tuple(parts))


def turn(node: Node, place: Place) -> Node:
    """The contrary of what stands at `place`; of a contrary, the thing itself."""
    here = at(node, place)
    return _whole(put(node, place, here.part if isinstance(here, Not) else Not(here)))


def swap(node: Node, place: Place) -> Node:
    """All instead of any of the parts at `place`, or any instead of all."""
    here = at(node, place)
    if isinstance(here, And):
        return _whole(put(node, place, Or(here.parts)))
    if isinstance(here, Or):
        return _whole(put(node, place, And(here.parts)))
    return node


def join(node: Node | None, place: Place, how: Literal["and", "or"], clause: Clause) -> Node:
    """`clause` added to what stands at `place`: as one more part of such a group, else in a new group with it."""
    if node is None:
        return clause
    here = at(node, place)
    kind = And if how == "and" else Or
    if isinstance(here, kind):
        return _whole(put(node, place, kind((*here.parts, clause))))
    above = at(node, place[:-1]) if place else None
    if isinstance(above, kind):
        # a brother in the group that is there already, right after this one
        parts = list(above.parts)
        parts.insert(place[-1] + 1, clause)
        return _whole(put(node, place[:-1], kind(tuple(parts))))
    return _whole(put(node, place, kind((here, clause))))


def _whole(node: Node | None) -> Node:
    assert node is not None  # noqa: S101  nothing was taken out
    return node
