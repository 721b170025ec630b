"""Making a graph small enough to read: runs of ops become one box.

A group is always a run of consecutive ops in the order in which they ran. That order is
topological, so folding can never make a cycle.

    below ``depth``   the ops of one call of a deep module become one box
    equal neighbours  conv, conv, conv, ... each fed by the one before: "conv x 12"
    ``max_nodes``     what is still too much: the middle becomes one box

Below: naming.py. Above: build.py. Tests: tests/graph/test_draw.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..node import Node, Source
from ..tape import Variable
from .naming import path_of


@dataclass
class Group:
    """Consecutive nodes drawn as one box; ``title`` is empty for a single op."""

    nodes: list[Node]
    title: str = ""


def fold(nodes: list[Node], roots: set[Node], depth: int, max_nodes: int) -> list[Group]:
    """Group ``nodes`` (oldest first); nodes in ``roots`` end a group."""
    groups = _fold_deep_modules(nodes, roots, depth)
    groups = _fold_equal_neighbours(groups, roots)
    shown = _boxes(groups)
    if shown > max_nodes:
        groups = _fold_the_middle(groups, max_nodes)
    return groups


def hidden_leaves(groups: list[Group]) -> set[int]:
    """Ids of leaves not drawn: used within one folded box only, and there more than three."""
    users: dict[int, set[int]] = {}
    for number, group in enumerate(groups):
        for node in group.nodes:
            for parent in node.parents:
                if isinstance(parent, (Variable, Source)):
                    users.setdefault(id(parent), set()).add(number)
    inside: dict[int, list[int]] = {}
    for leaf, numbers in users.items():
        if len(numbers) == 1 and groups[next(iter(numbers))].title:
            inside.setdefault(next(iter(numbers)), []).append(leaf)
    return {leaf for leaves in inside.values() if len(leaves) > 3 for leaf in leaves}


def _boxes(groups: list[Group]) -> int:
    """How many boxes these groups and their leaves take."""
    leaves = {
        id(parent)
        for group in groups
        for node in group.nodes
        for parent in node.parents
        if isinstance(parent, (Variable, Source))
    }
    return len(groups) + len(leaves - hidden_leaves(groups))


def _fold_deep_modules(nodes: list[Node], roots: set[Node], depth: int) -> list[Group]:
    groups: list[Group] = []
    current = None
    for node in nodes:
        parts = path_of(node).split(".")
        deep = ".".join(parts[:depth]) if len(parts) > depth else None
        if deep is not None and deep == current:
            groups[-1].nodes.append(node)
            groups[-1].title = deep
        else:
            groups.append(Group([node]))
        current = None if node in roots else deep
    return groups


def _kind(group: Group) -> Any:
    node = group.nodes[-1]
    return (node.primitive, str(node.attributes), node.shape, node.dtype, path_of(node))


def _feeds(before: Group, after: Group) -> bool:
    """Whether ``after`` takes ops only from ``before``, and parameters of its own from nowhere."""
    last = before.nodes[-1]
    node = after.nodes[-1]
    from_ops = [p for p in node.parents if type(p) is Node]
    leaves = [p for p in node.parents if isinstance(p, Variable)]
    return (
        bool(from_ops)
        and all(p is last for p in from_ops)
        and all(any(p is q for q in last.parents) for p in leaves)
    )


def _fold_equal_neighbours(groups: list[Group], roots: set[Node]) -> list[Group]:
    result: list[Group] = []
    for group in groups:
        before = result[-1] if result else None
        if (
            before is not None
            and not group.title
            and (not before.title or " x " in before.title)
            and before.nodes[-1] not in roots
            and _kind(before) == _kind(group)
            and _feeds(before, group)
        ):
            before.nodes.extend(group.nodes)
            before.title = f"{group.nodes[-1].primitive.name} x {len(before.nodes)}"
        else:
            result.append(group)
    return result


def _fold_the_middle(groups: list[Group], max_nodes: int) -> list[Group]:
    """Keep both ends; count leaves too, for they take boxes."""
    low, high = 0, len(groups) // 2
    while low < high:  # the largest number of groups at each end that fits
        k = (low + high + 1) // 2
        if _boxes(_with_middle(groups, k)) <= max_nodes:
            low = k
        else:
            high = k - 1
    return _with_middle(groups, max(low, 1))


def _with_middle(groups: list[Group], k: int) -> list[Group]:
    middle = [node for g in groups[k : len(groups) - k] for node in g.nodes]
    if not middle:
        return groups
    return [*groups[:k], Group(middle, f"{len(middle)} ops folded"), *groups[len(groups) - k :]]
