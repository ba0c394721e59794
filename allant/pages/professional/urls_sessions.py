"""Addresses of bulk sessions and of imports."""

from django.urls import URLPattern, path

from allant.pages.professional import imports

IMPORT = "vaccin-covid/imports/"

urlpatterns: list[URLPattern] = [
    path(IMPORT, imports.imports, name="teleservice_import"),
    path(f"{IMPORT}<int:file>/", imports.report, name="teleservice_import_report"),
    path(f"{IMPORT}<int:file>/lignes-a-corriger.csv", imports.lines_to_correct, name="teleservice_import_lines"),
    path(f"{IMPORT}<int:file>/effacer/", imports.forget_lines, name="teleservice_import_forget"),
]
