"""What no file of the project may hold, and what every document must: nothing of a machine, links that lead somewhere."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from allant.site.home import CLONE
from tests.whole import tree

MACHINE = re.compile(r"(?<![\w.$}/])/(?:work|root|home/[a-z]+|Users/[A-Z])/")
REGISTRIES = re.compile(r"pypi\.org/simple|files\.pythonhosted|registry\.npmjs|--index-url |--find-links ")
SECRETS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
THIS_FILE = "tests/whole/test_contents.py"
FORBIDDEN_FILES = {"uv.lock", "package-lock.json", "yarn.lock", "poetry.lock", ".env", ".DS_Store"}


@pytest.mark.parametrize("pattern", [MACHINE, REGISTRIES, SECRETS], ids=["path of a machine", "registry", "secret"])
def test_no_file_holds(pattern: re.Pattern[str]) -> None:
    found = [
        f"{name}:{number}"
        for name, text in tree.texts()
        if pattern.search(text) and name != THIS_FILE  # it names what it looks for
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_the_sweep_sees_what_it_looks_for() -> None:
    # Put together here, so that the file itself names neither.
    assert MACHINE.search(f"open('/{'work'}/data')") and not MACHINE.search(f"docs/{'work'}/plan")
    assert REGISTRIES.search(f"https://{'pypi'}.org/simple/django")


def test_locks_name_exact_versions_with_hashes_and_no_address() -> None:
    for lock in sorted((CLONE / "requirements").glob("*.lock")):
        lines = [line for line in lock.read_text().splitlines() if line and not line.startswith((" ", "#"))]
        assert lines and all("==" in line for line in lines), lock.name
        assert "--hash=sha256:" in lock.read_text() and "://" not in lock.read_text(), lock.name


def test_no_file_of_another_tool() -> None:
    assert [tree.name(path) for path in tree.files() if path.name in FORBIDDEN_FILES] == []


@pytest.mark.parametrize("document", [path for path in tree.files() if path.suffix == ".md"], ids=tree.name)
def test_links_of_documents_lead_somewhere(document: Path) -> None:
    broken = []
    for link in (first or second for first, second in LINK.findall(document.read_text(encoding="utf-8"))):
        target, _, _anchor = link.partition("#")
        if (
            target
            and "://" not in target
            and not target.startswith("mailto:")
            and not (document.parent / unquote(target)).exists()
        ):
            broken.append(link)
    assert broken == []


def test_every_rule_book_is_valid() -> None:
    from allant.doctrine import rules

    rules.check()


def test_every_folder_of_the_product_says_what_it_is() -> None:
    silent = [
        tree.name(path) for path in tree.python("allant/") if path.name == "__init__.py" and _is_room(path) and not _says(path)
    ]
    assert silent == []


def _is_room(init: Path) -> bool:
    return len(init.relative_to(CLONE).parts) == 3  # allant/<room>/__init__.py


def _says(init: Path) -> bool:
    import ast

    return bool(ast.get_docstring(tree.parsed(init)))
