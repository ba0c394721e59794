"""A YAML book as nodes, so that every fault knows its line."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from allant.doctrine.errors import Problem, nearest
from allant.doctrine.units import BadValue, Shape, parse

MERGE = "<<"


def line_at(node: yaml.Node) -> int:
    """The line of a node, from 1."""
    return int(node.start_mark.line) + 1


def find_node(node: yaml.Node, path: Sequence[str | int]) -> yaml.Node:
    """The deepest node on a path of keys and ranks that exists."""
    for step in path:
        found: yaml.Node | None = None
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            found = node.value[step]
        elif isinstance(node, yaml.MappingNode):
            found = next((value for key, value in node.value if key.value == step), None)
        if found is None:
            break
        node = found
    return node


def _unreadable(node: yaml.Node) -> yaml.ScalarNode | None:
    """The first scalar under a node that YAML takes for a date or a number and cannot read (2021-13-45)."""
    if isinstance(node, yaml.ScalarNode):
        try:
            yaml.SafeLoader("").construct_object(node)
        except (ValueError, yaml.YAMLError):
            return node
        return None
    parts = node.value if isinstance(node, yaml.SequenceNode) else [value for _, value in node.value]
    return next((found for part in parts if (found := _unreadable(part))), None)


class Book:
    """One file: gives its rules as nodes and plain values, and collects what is wrong with them."""

    def __init__(self, path: Path, name: str, problems: list[Problem]) -> None:
        self.name = name
        self._problems = problems
        self._loader = yaml.SafeLoader(path.read_text("utf-8"))
        self._plain: dict[int, Any] = {}

    def refuse(self, node: yaml.Node, message: str, path: Sequence[str | int] = ()) -> None:
        """Note a problem at the line of a node, or of the part of it that `path` leads to."""
        self._problems.append(Problem(self.name, line_at(find_node(node, path)), message))

    def rules(self) -> Iterator[tuple[str, yaml.MappingNode]]:
        """(key, node) of each rule; nothing when the file is no mapping of mappings."""
        try:
            root = self._loader.get_single_node()
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self._problems.append(Problem(self.name, line, f"YAML illisible : {error.problem}. Vérifiez retraits et guillemets."))
            return
        if not isinstance(root, yaml.MappingNode):
            self._problems.append(Problem(self.name, 1, "fichier sans règles : attendu « clé: {label, unit, versions} »."))
            return
        self._refuse_repeated_keys(root, set())
        for key, node in root.value:
            if isinstance(node, yaml.MappingNode):
                yield str(key.value), node
            else:
                self.refuse(key, f"« {key.value} » : attendu une règle avec label, unit et versions.")

    def mapping(self, node: yaml.Node, allowed: Sequence[str], required: Sequence[str] = ()) -> dict[str, Any] | None:
        """A mapping node as a dict, its keys checked; None, with the problem noted, when it cannot be used."""
        if not isinstance(node, yaml.MappingNode):
            self.refuse(node, f"attendu des champs parmi {', '.join(allowed)}.")
            return None
        raw = self._construct(node)
        if raw is None:
            return None
        unknown = [name for name in raw if name not in allowed]
        for name in unknown:
            self.refuse(node, f"champ « {name} » inconnu.{nearest(str(name), allowed)}", (name,))
        missing = [name for name in required if raw.get(name) is None]
        for name in missing:
            self.refuse(node, f"`{name}` manque : ajoutez-le.")
        return None if missing or unknown else raw

    def items(self, node: yaml.MappingNode, name: str, message: str) -> list[yaml.Node]:
        """The nodes of a list under a key of a mapping."""
        found = next((value for key, value in node.value if key.value == name), None)
        if isinstance(found, yaml.SequenceNode) and found.value:
            return list(found.value)
        self.refuse(node, message)
        return []

    def typed(self, shape: Shape, raw: Any, node: yaml.Node, path: Sequence[str | int]) -> Any:
        """A value of a declared shape, or None with the problem noted."""
        try:
            return parse(shape, raw, tuple(path))
        except BadValue as error:
            self.refuse(node, f"« {'.'.join(map(str, error.path))} » : {error}", error.path)
            return None

    def _construct(self, node: yaml.MappingNode) -> dict[str, Any] | None:
        """Plain values of a node, once: a second construction would note the same fault twice."""
        if id(node) not in self._plain:
            try:
                self._plain[id(node)] = dict(self._loader.construct_mapping(node, deep=True))
            except (ValueError, yaml.YAMLError) as error:
                self.refuse(_unreadable(node) or node, f"valeur illisible ({error}) : une date s'écrit AAAA-MM-JJ.")
                self._plain[id(node)] = None
        plain = self._plain[id(node)]
        return None if plain is None else dict(plain)

    def _refuse_repeated_keys(self, node: yaml.Node, seen: set[int]) -> None:
        if id(node) in seen:
            return
        seen.add(id(node))
        children = node.value if isinstance(node, yaml.SequenceNode) else []
        if isinstance(node, yaml.MappingNode):
            names: set[str] = set()
            for key, _ in node.value:
                if key.value in names and key.value != MERGE:
                    self.refuse(key, f"« {key.value} » écrit deux fois au même niveau : YAML n'en garderait qu'un.")
                names.add(key.value)
            children = [value for _, value in node.value]
        for child in children:
            self._refuse_repeated_keys(child, seen)
