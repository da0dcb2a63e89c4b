"""A block as it was read: elements with what stands in them."""

from dataclasses import dataclass, field


@dataclass
class Node:
    """An element."""

    name: str
    attributes: dict[str, str]
    line: int
    children: list["Node"] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
