"""Read the YAML books, checking everything; a fault names its file, its line and the fix.

A book is a mapping of rules:

    covid.booster.delay:
      label: Délai avant le rappel
      unit: delay
      versions:
        - in_force: 2021-11-27
          known_from: 2021-11-27
          value: {months: 5}
          source: Cnam, réunion partenaires du 30 novembre 2021 (seed 002)

`source` or `assumption` is required; `review_by` and `withdraws` (the in_force date of a version announced before,
that this one replaces) are optional.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from allant.doctrine.errors import InvalidBooks, Problem
from allant.doctrine.model import Rule, Version
from allant.doctrine.nodes import Book, line_at
from allant.doctrine.units import BadValue, Shape, parse, shape_of

RULE_FIELDS = ("label", "unit", "choices", "fields", "versions")
VERSION_FIELDS = ("in_force", "known_from", "value", "source", "assumption", "review_by", "withdraws")
ITEM_FIELDS = ("code", "label", "opens_on", "rule_id", "value")
KEY = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")
DAY = Shape("date")
TEXT = Shape("text")


def load(folder: Path) -> dict[str, Rule]:
    """Every rule of the `*.yaml` files under a folder, by key. Raises `InvalidBooks` with all problems found."""
    problems: list[Problem] = []
    drafts: dict[str, tuple[Book, yaml.MappingNode]] = {}
    for path in sorted(folder.rglob("*.yaml")):
        book = Book(path, path.relative_to(folder).as_posix(), problems)
        for key, node in book.rules():
            if not KEY.fullmatch(key):
                book.refuse(node, f"clé « {key} » refusée : attendu des mots minuscules séparés par des points.")
            elif key in drafts:
                other = drafts[key]
                book.refuse(node, f"règle « {key} » déjà écrite dans {other[0].name}:{line_at(other[1])} : gardez-en une.")
            else:
                drafts[key] = (book, node)
    shapes = _shapes(drafts)
    rules = {key: _rule(book, key, node, shapes[key]) for key, (book, node) in drafts.items() if key in shapes}
    rules = _with_members(rules, drafts)
    if not drafts and not problems:
        problems.append(Problem(folder.name, 1, "aucun fichier de règles : attendu au moins un fichier .yaml."))
    if problems:
        raise InvalidBooks(sorted(problems, key=lambda problem: (problem.file, problem.line)))
    return rules


def _shapes(drafts: dict[str, tuple[Book, yaml.MappingNode]]) -> dict[str, Shape]:
    """The declared shape of each rule; a record of a collection takes the fields of the collection."""
    shapes: dict[str, Shape] = {}
    for key in sorted(drafts):
        book, node = drafts[key]
        raw = book.mapping(node, RULE_FIELDS, required=("label", "unit"))
        parent = shapes.get(key.rpartition(".")[0])
        if raw is None:
            continue
        if raw["unit"] == "record" and "fields" not in raw and parent and parent.unit == "collection":
            shapes[key] = replace(parent, unit="record")
            continue
        try:
            shapes[key] = shape_of(raw["unit"], raw.get("fields"), raw.get("choices"))
        except BadValue as error:
            book.refuse(node, str(error), error.path)
    return shapes


def _rule(book: Book, key: str, node: yaml.MappingNode, shape: Shape) -> Rule:
    raw = book.mapping(node, RULE_FIELDS) or {}
    drafts: list[tuple[yaml.Node, Version]] = []
    if shape.unit == "collection":
        clash = [name for name in ITEM_FIELDS if name in shape.fields]
        if clash or "versions" in raw:
            book.refuse(node, f"une collection n'a ni `versions` ni champ {', '.join(ITEM_FIELDS)} : ses éléments les portent.")
    else:
        for item in book.items(node, "versions", f"la règle « {key} » attend une liste `versions`."):
            if version := _version(book, key, item, shape):
                _refuse_twin(book, item, version, [other for _, other in drafts])
                drafts.append((item, version))
        _check_withdrawals(book, drafts)
    versions = sorted((version for _, version in drafts), key=lambda version: (version.in_force, version.known_from))
    label = book.typed(TEXT, raw.get("label"), node, ("label",)) or key
    return Rule(key, label, shape, tuple(versions), book.name, line_at(node))


def _version(book: Book, key: str, node: yaml.Node, shape: Shape) -> Version | None:
    raw = book.mapping(node, VERSION_FIELDS, required=("in_force", "known_from"))
    if raw is None:
        return None
    if "value" not in raw:
        gone = "withdraws" in raw
        book.refuse(node, "version retirée sans successeur : donnez la `value` qui la remplace." if gone else "`value` manque.")
        return None
    if not raw.get("source") and not raw.get("assumption"):
        book.refuse(node, "ni `source` ni `assumption` : dites d'où vient la valeur, ou pourquoi elle est supposée.")
        return None
    try:
        days = {name: _typed(DAY, raw, name) for name in ("in_force", "known_from", "review_by", "withdraws")}
        texts = {name: _typed(TEXT, raw, name) for name in ("source", "assumption")}
        value = parse(shape, raw["value"], ("value",))
    except BadValue as error:
        book.refuse(node, f"« {'.'.join(map(str, error.path))} » : {error}", error.path)
        return None
    return Version(key=key, value=value, **days, **texts)


def _typed(shape: Shape, raw: dict[str, Any], name: str) -> Any:
    return parse(shape, raw[name], (name,)) if raw.get(name) is not None else None


def _refuse_twin(book: Book, node: yaml.Node, version: Version, earlier: Iterable[Version]) -> None:
    if any((other.in_force, other.known_from) == (version.in_force, version.known_from) for other in earlier):
        book.refuse(
            node,
            f"deuxième version de « {version.key} » en vigueur le {version.in_force} et connue le {version.known_from} : "
            "gardez-en une, ou donnez à la seconde la date où elle a été connue.",
        )


def _check_withdrawals(book: Book, drafts: list[tuple[yaml.Node, Version]]) -> None:
    for node, version in drafts:
        earlier = [other for _, other in drafts if other.in_force == version.withdraws and other.known_from < version.known_from]
        if version.withdraws and not earlier:
            day = version.withdraws
            book.refuse(
                node, f"`withdraws: {day}` ne retire rien : aucune version à cette date connue auparavant.", ("withdraws",)
            )


def _with_members(rules: dict[str, Rule], drafts: dict[str, tuple[Book, yaml.MappingNode]]) -> dict[str, Rule]:
    """Collections with their members, in the order of the books."""
    complete: dict[str, Rule] = {}
    for key, rule in rules.items():
        members = tuple(other for other in rules if other.rpartition(".")[0] == key) if rule.unit == "collection" else ()
        if rule.unit == "collection" and not members:
            book, node = drafts[key]
            book.refuse(node, f"collection « {key} » vide : écrivez au moins une règle {key}.quelque_chose.")
        complete[key] = replace(rule, members=members)
    return complete
