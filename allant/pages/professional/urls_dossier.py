"""Addresses of a patient's file in the téléservice. They hold ids of rows only: no number, no name."""

from django.urls import URLPattern, path

from allant.pages.professional import (
    dossier_attestation,
    dossier_changes,
    dossier_eligibility,
    dossier_entry,
    dossier_exports,
    dossier_history,
    dossier_lots,
    dossier_mine,
    dossier_open,
    dossier_summary,
)

FILE = "vaccin-covid/dossiers/<int:person_id>/"
DECLARATION = f"{FILE}eligibilite/<int:declaration_id>/"
DOSE = f"{FILE}doses/<int:dose_id>/"

urlpatterns: list[URLPattern] = [
    path(FILE, dossier_open.dossier, name="teleservice_file"),
    path(f"{FILE}attestation/", dossier_attestation.patient_attestation, name="teleservice_attestation"),
    path(f"{FILE}eligibilite/", dossier_eligibility.eligibility, name="teleservice_eligibility"),
    path(DECLARATION, dossier_summary.declaration, name="teleservice_declaration"),
    path(f"{DECLARATION}csv/", dossier_exports.declaration_csv, name="teleservice_declaration_csv"),
    path(f"{DECLARATION}pdf/", dossier_exports.declaration_paper, name="teleservice_paper_declaration"),
    path(f"{DECLARATION}rectifier/", dossier_eligibility.correct, name="teleservice_declaration_correct"),
    path(f"{FILE}dose/", dossier_entry.dose_entry, name="teleservice_dose_entry"),
    path(f"{FILE}deja-recue/", dossier_history.given_elsewhere, name="teleservice_history"),
    path(f"{FILE}infection/", dossier_history.infection, name="teleservice_infection"),
    path(DOSE, dossier_summary.dose, name="teleservice_dose"),
    path(f"{DOSE}csv/", dossier_exports.dose_csv, name="teleservice_dose_csv"),
    path(f"{DOSE}pdf/", dossier_exports.dose_paper, name="teleservice_paper_dose"),
    path(f"{DOSE}rectifier/", dossier_changes.correct, name="teleservice_dose_correct"),
    path(f"{DOSE}annuler/", dossier_changes.cancel, name="teleservice_dose_cancel"),
    path("vaccin-covid/lots/", dossier_lots.lots, name="teleservice_lots"),
    path("vaccin-covid/mes-saisies/", dossier_mine.mine, name="teleservice_today"),
    path("vaccin-covid/mes-saisies/csv/", dossier_mine.mine_csv, name="teleservice_today_csv"),
]
