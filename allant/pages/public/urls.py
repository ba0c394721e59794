"""Addresses of the public pages."""

from django.urls import path

from allant.pages.public import chart_views, file_views, flu, papers, views

urlpatterns = [
    path("", views.home, name="home"),
    path("chiffres/", views.figures, name="figures"),
    path("chiffres/ages.csv", views.ages_csv, name="figures_ages_csv"),
    path("chiffres/courbes.svg", chart_views.curves, name="figures_curves"),
    path("chiffres/carte.svg", chart_views.departement_map, name="figures_map"),
    path("chiffres/grippe/", flu.flu_figures, name="figures_flu"),
    path("chiffres/grippe/couverture-grippe.csv", flu.flu_csv, name="figures_flu_csv"),
    path("chiffres/definitions/", views.figure_definitions, name="figure_definitions"),
    path("chiffres/fichiers/", file_views.file_list, name="figure_files"),
    path("chiffres/fichiers/<str:name>", file_views.file_content, name="figure_file"),
    path("papier/", papers.paper_check, name="paper_check"),
    path("papier/<str:mark>/", papers.scanned_paper, name="scanned_paper"),
]
