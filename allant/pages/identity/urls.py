"""Addresses of the identity unit. No person is named in one."""

from django.urls import path

from allant.pages.identity import document_views, figure_views, file_views, list_views, representation_views

urlpatterns = [
    path("", list_views.files, name="identity_files"),
    path("recherche/", list_views.search, name="identity_search"),
    path("demande/", file_views.new_request, name="identity_new"),
    path("dossiers/<int:file>/", file_views.file_page, name="identity_file"),
    path("dossiers/<int:file>/pieces/", document_views.add, name="identity_document_add"),
    path("pieces/<int:document>/", document_views.download, name="identity_document"),
    path("majorite/", list_views.majority, name="identity_majority"),
    path("nnp/", list_views.stock, name="identity_stock"),
    path("representations/", representation_views.find, name="identity_representations"),
    path("representations/<int:person_id>/", representation_views.represented, name="identity_represented"),
    path("representations/<int:person_id>/<int:representation>/", representation_views.end, name="identity_representation"),
    path("chiffres/", figure_views.page, name="identity_figures"),
    path("chiffres.csv", figure_views.download, name="identity_figures_sheet"),
]
