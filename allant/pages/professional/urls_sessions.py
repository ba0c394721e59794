"""Addresses of bulk sessions and of imports."""

from django.urls import URLPattern, path

from allant.pages.professional import imports, session_answers, session_opening, session_rows

IMPORT = "vaccin-covid/imports/"
SESSION = "vaccin-covid/seances/<uuid:session>/"

urlpatterns: list[URLPattern] = [
    path(IMPORT, imports.imports, name="teleservice_import"),
    path(f"{IMPORT}<int:file>/", imports.report, name="teleservice_import_report"),
    path(f"{IMPORT}<int:file>/lignes-a-corriger.csv", imports.lines_to_correct, name="teleservice_import_lines"),
    path(f"{IMPORT}<int:file>/effacer/", imports.forget_lines, name="teleservice_import_forget"),
    path("vaccin-covid/seances/", session_opening.opening, name="teleservice_session"),
    path(SESSION, session_rows.rows, name="teleservice_session_rows"),
    path(f"{SESSION}ligne/", session_answers.row, name="teleservice_session_row"),
    path(f"{SESSION}annuler/", session_answers.cancel_row, name="teleservice_session_cancel"),
    path(f"{SESSION}liste.csv", session_rows.as_csv, name="teleservice_session_csv"),
    path(f"{SESSION}fermer/", session_rows.close, name="teleservice_session_close"),
]
