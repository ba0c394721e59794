"""The script that makes the packaged files."""

from pathlib import Path

import pytest

from allant.geography import build


def test_relative_paths_become_absolute_without_drift() -> None:
    steps = " ".join(["0.04,0"] * 100)
    assert build.absolute(f"m 1,1 {steps} z m 1,0 2,2 z").endswith("5,1zM2,1 4,3z")


def test_homonyms_go_to_the_nearest_departement_and_others_say_so() -> None:
    def commune(code: str, name: str, departement: str, epci: str | None = None) -> build.Row:
        return {"code": code, "name": name, "departement": departement, "region": "R", "epci": epci, "zone": "metro"}

    rows = [
        commune("01001", "Alpha", "01", "E1"),
        commune("01002", "Saint-Jean", "01"),
        commune("01003", "Sans point", "01", "E1"),
        commune("02001", "Bêta", "02"),
        commune("02002", "St Jean", "02"),
        commune("03001", "Loin de tout", "03"),
    ]
    places = {("R", "alpha"): [(45.0, 5.0)], ("R", "beta"): [(48.0, 2.0)], ("R", "saint jean"): [(48.1, 2.1), (45.1, 5.1)]}
    build.locate(rows, places)
    assert {row["code"]: (row["latitude"], row["position"]) for row in rows} == {
        "01001": (45.0, "commune"),
        "01002": (45.1, "commune"),
        "01003": (45.0, "epci"),
        "02001": (48.0, "commune"),
        "02002": (48.1, "commune"),
        "03001": (None, "none"),
    }


def test_usage_is_said_in_french(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main([]) == 2
    assert "Usage" in capsys.readouterr().err


def test_packaged_files_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in Path(build.DATA).iterdir()}
    assert max(sizes.values()) < 1 << 20
