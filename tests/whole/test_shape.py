"""The shape of the code: short files, short functions, names that say a subject, one clock."""

import ast

import pytest

from tests.whole import tree

FILE_LINES, TEST_LINES, FUNCTION_LINES, SHORT_SHARE = 400, 1000, 25, 0.9
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "tools", "base_utils"}
CLOCK = "allant/clock/__init__.py"
CLOCK_READS = {
    ("datetime", "now"), ("datetime", "today"), ("datetime", "utcnow"), ("date", "today"), ("timezone", "now"),
    ("timezone", "localdate"), ("timezone", "localtime"), ("time", "time"), ("time", "localtime"), ("time", "gmtime"),
}  # fmt: skip


def functions(folder: str) -> list[tuple[str, int]]:
    """Name and length in lines of every function under `folder`, without its docstring."""
    found = []
    for path in tree.python(folder):
        for node in ast.walk(tree.parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
                found.append((f"{tree.name(path)}:{node.lineno} {node.name}", (node.end_lineno or 0) - body[0].lineno + 2))
    return found


def test_files_stay_short() -> None:
    limits = {path: TEST_LINES if tree.name(path).startswith("tests/") else FILE_LINES for path in tree.python()}
    long = {tree.name(path): lines for path, limit in limits.items() if (lines := path.read_text().count("\n")) > limit}
    assert long == {}


def test_nine_functions_in_ten_stay_short() -> None:
    lengths = [length for _, length in functions("allant/")]
    assert sum(length < FUNCTION_LINES for length in lengths) / len(lengths) >= SHORT_SHARE


def test_no_function_is_longer_than_a_screen() -> None:
    assert [found for found in functions("allant/") if found[1] > 60] == []


def test_every_file_is_named_after_a_subject() -> None:
    assert [tree.name(path) for path in tree.python() if path.stem in EMPTY_NAMES] == []


def clock_reads(source: ast.Module) -> list[int]:
    """The lines that read a clock: `date.today()`, `datetime.datetime.now()`, `timezone.now` as a default…"""
    lines = []
    for node in ast.walk(source):
        if isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            if (owner, node.attr) in CLOCK_READS:
                lines.append(node.lineno)
    return lines


def test_only_the_clock_reads_the_clock() -> None:
    places = {tree.name(path): tree.parsed(path) for path in tree.python("allant/") if tree.name(path) != CLOCK}
    assert {place: lines for place, source in places.items() if (lines := clock_reads(source))} == {}


@pytest.mark.parametrize("code", ["date.today()", "datetime.datetime.now(UTC)", "field(default=timezone.now)", "time.time()"])
def test_a_clock_read_would_be_seen(code: str) -> None:
    assert clock_reads(ast.parse(code)) == [1]


RULES_FLOORS = ("allant/doctrine/", "allant/geography/", "allant/facts/", "allant/targeting/", "allant/vaccination/")


# A command is an edge: it may give today to the rule; an action stamps the rows it writes.
ACTIONS = (
    "allant/vaccination/eligibility.py", "allant/vaccination/recording.py", "allant/vaccination/snapshots.py",
    "allant/vaccination/imports/",
)  # fmt: skip


def test_rules_are_given_their_date() -> None:
    """A rule that asks the clock cannot be replayed: the floors of rules do not import it."""
    asking = []
    for folder in RULES_FLOORS:
        for path in tree.python(folder):
            if path.stem in ("commands", "jobs") or tree.name(path).startswith(ACTIONS):
                continue
            imports = [node for node in ast.walk(tree.parsed(path)) if isinstance(node, ast.ImportFrom | ast.Import)]
            if any("allant.clock" in ast.unparse(node) or "from allant import clock" in ast.unparse(node) for node in imports):
                asking.append(tree.name(path))
    assert asking == []
