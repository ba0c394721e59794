"""TG-05: the insured of other schemes are not contacted here; their list leaves signed, is checked, and is acknowledged."""

import hashlib
import json
import subprocess
from base64 import b64decode
from datetime import date
from pathlib import Path

import pytest
from pytest_django import Settings
from typer.testing import CliRunner

from allant.campaigns import scheme_files, waves
from allant.campaigns.actions import save_campaign
from allant.campaigns.exclusions import exclusions
from allant.campaigns.models import Campaign, Invitation, SchemeFile
from allant.campaigns.scheme_commands import app
from allant.campaigns.signing import public_key
from allant.doctrine import rules
from allant.outreach.actions import load_templates
from allant.outreach.models import Message
from allant.people.models import Matricule, Person
from allant.targeting import define, tables

from .conftest import OPENING, persons, plan

BOOK = rules.as_known_on(date(2021, 12, 31))


@pytest.fixture
def campaign(db: None, settings: Settings, tmp_path: Path) -> Campaign:
    """Thirty people of 80, ten of them of the MSA, with numbers."""
    settings.ALLANT_HOME = tmp_path / "home"
    persons(30)
    Person.objects.filter(pk__lte=10).update(scheme="msa")
    Person.objects.filter(pk=3).update(family_name="=HYPERLINK()")
    Matricule.objects.bulk_create(
        Matricule(person_id=n, value=f"24005011230{n:02d}", kind="NIR", starts_on=date(1940, 5, 17)) for n in range(1, 10)
    )
    load_templates(by="test")
    t = tables()
    target = define((t.person.age_on(OPENING) >= 75) & ~exclusions(BOOK, OPENING, slug="essai", contact="information"))
    return save_campaign(plan(target=target), by="test")


def written(campaign: Campaign, folder: Path, on: date = OPENING) -> SchemeFile:
    return scheme_files.write_scheme_file(campaign=campaign, scheme="msa", on=on, by="test", folder=folder, book=BOOK)


def test_tg_05_a_scheme_apart_is_listed_for_itself_and_never_invited_here(campaign: Campaign, tmp_path: Path) -> None:
    file = written(campaign, tmp_path)
    waves.launch_wave(campaign, on=OPENING, by="test")
    assert file.persons == 10
    assert Invitation.objects.filter(person__scheme="msa").count() == 0 < Invitation.objects.count()
    lines = (tmp_path / "essai-msa-20210118.csv").read_text("utf-8").splitlines()
    assert lines[0] == "matricule;nom;prenoms;date_naissance;sexe;code_postal;commune"
    assert lines[1] == ";Martin;Jeanne;1940-05-17;F;01000;", "who has no number yet is not lost"
    assert lines[2].startswith("2400501123001;") and "'=HYPERLINK()" in lines[4]
    with pytest.raises(scheme_files.SchemeFileRefused, match="contacté ici"):
        scheme_files.scheme_target(campaign, "general", OPENING, BOOK)


def test_av_06_nobody_of_another_scheme_is_contacted_here_by_any_channel_and_their_scheme_has_them_all(
    campaign: Campaign, tmp_path: Path
) -> None:
    """AV-06, TG-05: no message is queued for them, and the file names each of them once."""
    written(campaign, tmp_path)
    waves.launch_wave(campaign, on=OPENING, by="test")
    assert set(Message.objects.values_list("person__scheme", flat=True)) == {"general"}
    lines = (tmp_path / "essai-msa-20210118.csv").read_text("utf-8").splitlines()[1:]
    assert len(lines) == len({line.split(";")[0] for line in lines}) == Person.objects.filter(scheme="msa").count()
    assert Message.objects.count() + len(lines) == Person.objects.count(), "everybody in the target is somewhere, once"


def test_tg_05_the_manifest_bears_control_totals_and_a_signature_that_openssl_checks(campaign: Campaign, tmp_path: Path) -> None:
    written(campaign, tmp_path)
    manifest = tmp_path / "essai-msa-20210118.manifest.json"
    said = json.loads(manifest.read_bytes())
    content = (tmp_path / said["fichier"]).read_bytes()
    assert said["sha256"] == hashlib.sha256(content).hexdigest() and said["totaux"]["lignes"] == 10
    key, signature = tmp_path / "key.pem", tmp_path / "raw.sig"
    key.write_bytes(public_key())
    signature.write_bytes(b64decode(manifest.with_name(f"{manifest.name}.sig").read_bytes()))
    words = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", manifest, "-sigfile", signature]
    seen = subprocess.run(words, capture_output=True, text=True, check=False)
    assert seen.returncode == 0, seen.stderr


@pytest.mark.parametrize("broken", ["csv", "manifest.json", "manifest.json.sig", "lines"])
def test_tg_05_a_file_altered_on_its_way_is_refused(campaign: Campaign, tmp_path: Path, broken: str) -> None:
    written(campaign, tmp_path)
    base = tmp_path / "essai-msa-20210118"
    key = public_key()
    assert scheme_files.check(Path(f"{base}.manifest.json"), key) == 10
    path = Path(f"{base}.{'csv' if broken == 'lines' else broken}")
    content = path.read_bytes()
    path.write_bytes(content + content[-40:] if broken == "lines" else content[:10] + bytes([content[10] ^ 1]) + content[11:])
    with pytest.raises(scheme_files.SchemeFileRefused, match=r"signature|contenu"):
        scheme_files.check(Path(f"{base}.manifest.json"), key)


def test_tg_05_the_same_day_is_one_file_even_when_it_was_lost(campaign: Campaign, tmp_path: Path) -> None:
    first = written(campaign, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.glob("essai*")}
    for path in tmp_path.glob("*.csv"):
        path.unlink()
    assert written(campaign, tmp_path) == first
    assert {path.name: path.read_bytes() for path in tmp_path.glob("essai*")} == before
    next(tmp_path.glob("*.csv")).unlink()
    Person.objects.filter(pk=1).update(scheme="general")
    with pytest.raises(scheme_files.SchemeFileRefused, match="la cible a changé"):
        written(campaign, tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, ""),
        ({"lignes_lues": "9"}, "demandez-lui de relire"),
        ({"lignes_rejetees": "11"}, "Plus de lignes"),
        ({"lignes_lues": "dix"}, "nombres entiers"),
        ({"empreinte": "0" * 64}, "autre contenu"),
        ({"fichier": "autre.csv"}, "Aucun fichier"),
    ],
)
def test_tg_05_the_acknowledgment_is_read_or_says_what_is_wrong(
    campaign: Campaign, tmp_path: Path, change: dict[str, str], said: str
) -> None:
    file = written(campaign, tmp_path)
    row = {
        "fichier": f"{file.name}.csv", "empreinte": file.content_hash, "lignes_lues": "10", "lignes_rejetees": "2",
        "motif": "adresse inconnue",
    } | change  # fmt: skip
    receipt = tmp_path / "accuse.csv"
    receipt.write_text(";".join(row) + "\n" + ";".join(row.values()) + "\n", "utf-8-sig")
    seen = CliRunner().invoke(app, ["acknowledge", str(receipt)])
    assert (seen.exit_code, said in seen.output) == (1 if said else 0, True), seen.output
    file.refresh_from_db()
    assert file.acknowledged_persons == (None if said else 8)
    receipt.write_bytes(b"\xff\xfe")
    assert CliRunner().invoke(app, ["acknowledge", str(receipt)]).exit_code == 1


def test_tg_05_by_command(campaign: Campaign, tmp_path: Path, settings: Settings) -> None:
    settings.ALLANT_TODAY = OPENING
    seen = CliRunner().invoke(app, ["write", "essai", "msa", "--out", str(tmp_path)])
    assert seen.exit_code == 0 and "10 personnes" in seen.output
    (tmp_path / "key.pem").write_bytes(public_key())
    manifest = str(tmp_path / "essai-msa-20210118.manifest.json")
    seen = CliRunner().invoke(app, ["check", manifest, "--key", str(tmp_path / "key.pem")])
    assert seen.exit_code == 0 and "10 personnes" in seen.output
    assert CliRunner().invoke(app, ["write", "inconnue", "msa"]).exit_code == 1
