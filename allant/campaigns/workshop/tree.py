"""A target being edited: a tree of groups and criteria, as plain data that the language reads back.

    {"and": [leaf, {"or": [leaf, leaf]}, {"not": leaf}]}

Leaves are those of `targeting.codec`. A path names a node by positions from the root: `()` the root group, `(1, 0)` the first
child of its second child. A `not` takes no position: it belongs to the node it denies. Operations give a new tree; none can
leave something the codec would not read, but a group may be empty while it is edited.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

from allant.facts import registry
from allant.targeting import Definition, InvalidTarget, codec
from allant.targeting.wording import words

Tree = dict[str, Any]
Path = tuple[int, ...]
Joint = Literal["and", "or"]

EMPTY: Tree = {"and": []}
DEEPEST = 6
"""Groups within groups on a page; what is nested deeper is written in Python."""

LOST = "Ce critère n'est plus là : la cible a changé depuis l'affichage de la page. Relisez-la et recommencez."


class BadPath(LookupError):
    """A path that leads nowhere: the tree changed since the page was shown. In French."""


class TooDeep(ValueError):
    """A group within too many others. In French."""


@dataclass(frozen=True)
class Row:
    """One node as a page shows it, in reading order. `joint` is empty for a criterion."""

    path: Path
    denied: bool
    joint: str
    text: str

    @property
    def dotted(self) -> str:
        """The path as a form sends it back."""
        return ".".join(map(str, self.path))


def read_path(text: str) -> Path:
    """`1.0` → (1, 0); raises BadPath."""
    parts = text.split(".") if text else []
    if not all(part.isdecimal() and len(part) < 4 for part in parts):
        raise _lost()
    return tuple(int(part) for part in parts)


def from_definition(definition: Definition) -> Tree:
    """The tree of an existing definition; a single criterion is put in a group."""
    criteria: Tree = flat(definition.to_json()["criteria"])
    return criteria if "and" in criteria or "or" in criteria else {"and": [criteria]}


def to_definition(tree: Tree) -> Definition:
    """The definition, groups of one unfolded and empty ones left out. Raises InvalidTarget, in French."""
    pruned = _pruned(tree)
    if pruned is None:
        raise InvalidTarget("La cible est vide : ajoutez un premier critère.")
    return Definition.from_json({"version": codec.VERSION, "criteria": pruned})


def rows(tree: Tree) -> list[Row]:
    """Every node but the root, groups before what they hold."""
    return list(_rows(tree, ()))


def add(tree: Tree, path: Path, node: Mapping[str, Any]) -> Tree:
    """Put a node last in a group. Raises BadPath, TooDeep."""
    if _joint(node) and len(path) >= DEEPEST:
        raise _too_deep()

    def change(group: Tree) -> Tree:
        joint = _joint(group)
        if not joint:
            raise _lost()
        return {joint: [*group[joint], deepcopy(dict(node))]}

    return _changed(tree, path, change)


def remove(tree: Tree, path: Path) -> Tree:
    """Take a node and all it holds away; the root is emptied. Raises BadPath."""
    if not path:
        return deepcopy(EMPTY)
    *above, last = path

    def change(group: Tree) -> Tree:
        joint = _joint(group)
        if not joint or last >= len(group[joint]):
            raise _lost()
        return {joint: [node for at, node in enumerate(group[joint]) if at != last]}

    return _changed(tree, tuple(above), change)


def node_at(tree: Tree, path: Path) -> Tree:
    """The node at a path, without the denial that may belong to it. Raises BadPath."""
    bare: Tree = tree.get("not", tree)
    if not path:
        return bare
    joint, (first, *rest) = _joint(bare), path
    if not joint or first >= len(bare[joint]):
        raise _lost()
    return node_at(bare[joint][first], tuple(rest))


def mark_of(node: Mapping[str, Any]) -> str:
    """What tells a node from another, as a form sends it back."""
    return hashlib.sha256(json.dumps(node, sort_keys=True).encode()).hexdigest()[:16]


def replace(tree: Tree, path: Path, mark: str, node: Mapping[str, Any]) -> Tree:
    """Put a node in the place of the one that had this mark, its denial kept. Raises BadPath, TooDeep."""
    if not path or mark_of(node_at(tree, path)) != mark:
        raise _lost()
    if _joint(node) and len(path) > DEEPEST:
        raise _too_deep()
    return _changed(tree, path, lambda _: deepcopy(dict(node)))


def deny(tree: Tree, path: Path) -> Tree:
    """Deny a node, or take its denial back; the root cannot be denied. Raises BadPath."""
    if not path:
        raise _lost()
    *above, last = path

    def change(group: Tree) -> Tree:
        joint = _joint(group)
        if not joint or last >= len(group[joint]):
            raise _lost()
        children = list(group[joint])
        child = children[last]
        children[last] = child.get("not", {"not": child})
        return {joint: children}

    return _changed(tree, tuple(above), change)


def switch(tree: Tree, path: Path) -> Tree:
    """Make « toutes » of « l'une au moins », and back. Raises BadPath."""

    def change(group: Tree) -> Tree:
        joint = _joint(group)
        if not joint:
            raise _lost()
        return {("or" if joint == "and" else "and"): group[joint]}

    return _changed(tree, path, change)


def _changed(tree: Tree, path: Path, change: Callable[[Tree], Tree]) -> Tree:
    """The tree with the node at `path` replaced; a denial above it stays."""
    if "not" in tree:
        return {"not": _changed(tree["not"], path, change)}
    if not path:
        return change(tree)
    joint, (first, *rest) = _joint(tree), path
    if not joint or first >= len(tree[joint]):
        raise _lost()
    return {joint: [_changed(node, tuple(rest), change) if at == first else node for at, node in enumerate(tree[joint])]}


def _rows(node: Tree, path: Path) -> Iterator[Row]:
    denied = "not" in node
    bare = node["not"] if denied else node
    joint = _joint(bare)
    if path:
        yield Row(path, denied, joint, "" if joint else _text(bare, denied))
    for at, child in enumerate(bare[joint] if joint else ()):
        yield from _rows(child, (*path, at))


def _text(leaf: Tree, denied: bool) -> str:
    """One criterion in French; what a criterion alone may not say (an absence) is said all the same."""
    return words(codec.decode({"version": codec.VERSION, "criteria": {"not": leaf} if denied else leaf}, registry))


def _joint(node: Mapping[str, Any]) -> str:
    return next((word for word in ("and", "or") if word in node), "")


def flat(node: Tree) -> Tree:
    """Nodes in one shape: groups within a group of the same kind are one group; a denial of a denial is none."""
    if "not" in node:
        inside = flat(node["not"])
        return inside.get("not", {"not": inside})
    joint = _joint(node)
    if not joint:
        return deepcopy(node)
    children: list[Tree] = []
    for child in map(flat, node[joint]):
        children += child.get(joint, [child])
    return {joint: children}


def _pruned(node: Tree) -> Tree | None:
    if "not" in node:
        inside = _pruned(node["not"])
        return None if inside is None else {"not": inside}
    joint = _joint(node)
    if not joint:
        return node
    children = [kept for child in node[joint] if (kept := _pruned(child)) is not None]
    if len(children) < 2:
        return children[0] if children else None
    return {joint: children}


def _too_deep() -> TooDeep:
    return TooDeep(f"Plus de {DEEPEST} groupes emboîtés : simplifiez la cible.")


def _lost() -> BadPath:
    return BadPath(LOST)
