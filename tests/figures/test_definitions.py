"""Each published figure has one definition, in French."""

from allant.figures.definitions import definitions


def test_definitions_are_sentences_with_keys_fit_for_a_link() -> None:
    assert len(definitions()) >= 10
    for key, definition in definitions().items():
        assert key == key.lower() and key.replace("-", "").isalnum()
        assert definition.name and definition.text.endswith(".")


def test_a_measure_has_one_definition() -> None:
    columns = [column for definition in definitions().values() for column in definition.columns]
    assert len(columns) == len(set(columns))
