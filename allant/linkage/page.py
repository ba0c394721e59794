"""docs/reference/linkage.md: the model in words, from the files that the linkage follows."""

from __future__ import annotations

from collections.abc import Iterator

from allant.linkage.model import Comparison, Model

HEAD = """# The linkage model

Generated from `allant/linkage/model.yaml` and `weights.yaml`. Do not edit: run
`python -m allant.linkage.page docs/reference/linkage.md`.
How to use it: [duplicates](../how-to/duplicates.md); why it is so: [decision 37](../decisions/0037-linkage.md).

A pair's weight is the sum of its levels' weights (log2 of m / u: one point doubles the odds) and of the prior. m is how often the
level is seen among pairs of one person, u among pairs of two. A comparison unknown on one side weighs nothing.
"""


def page(model: Model) -> str:
    """The page, in Markdown."""
    return "\n".join(_lines(model)) + "\n"


def _lines(model: Model) -> Iterator[str]:
    trained = model.trained
    yield HEAD
    yield f"Version {model.version}. Sources: {model.source}\n"
    yield (
        f"Learnt by EM (Splink {trained['splink']}) on {trained['records']} made-up records of {trained['people']} people, seed "
        f"{trained['seed']} (`allant country train-linkage --people {trained['people']} --seed {trained['seed']}`). Prior: "
        f"{model.prior:.2g}. Pairs are proposed from weight {model.threshold:g} up.\n"
    )
    yield "## Keys that bring records together\n"
    yield f"A block of more than {model.cap} records is left out: the other keys of its records remain.\n"
    yield "| key | records are compared when they share | expression |\n| --- | --- | --- |"
    for key in model.blocking:
        expression = key.sql.replace("|", "\\|")
        yield f"| `{key.code}` | {key.label} | `{expression}` |"
    yield "\n## What is compared, and what each level weighs\n"
    for comparison in model.comparisons:
        yield from _comparison(comparison)
    yield "## Never proposed, whatever the weight\n"
    yield "| veto | pairs |\n| --- | --- |"
    for veto in model.vetoes:
        yield f"| `{veto.code}` | {veto.label} |"


def _comparison(comparison: Comparison) -> Iterator[str]:
    yield f"### {comparison.label} (`{comparison.code}`)\n"
    yield "| level | seen | m | u | weight |\n| --- | --- | --- | --- | --- |"
    for level in comparison.levels:
        yield f"| `{level.code}` | {level.label} | {level.m:.3g} | {level.u:.3g} | {level.weight:+.1f} |"
    yield ""


if __name__ == "__main__":
    import sys
    from pathlib import Path

    from allant.linkage.model import load_model

    Path(sys.argv[1]).write_text(page(load_model()), "utf-8")
