"""Going through a syntax tree."""

from collections.abc import Callable

from tifo.audiences.types import And, Clause, Node, Not, Or


def walk(root: Node, visit: Callable[[Clause], None]) -> None:
    """Call `visit` with each clause, from left to right."""
    if isinstance(root, Clause):
        visit(root)
    elif isinstance(root, Not):
        walk(root.part, visit)
    elif isinstance(root, And | Or):
        for part in root.parts:
            walk(part, visit)
