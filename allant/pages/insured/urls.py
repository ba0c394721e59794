"""Addresses of the pages of insured persons. The person is the one who is signed in; somebody they represent
is asked for by the id of a row, and anybody else's is refused."""

from django.urls import path

from allant.pages.insured import identity_views, inbox, papers, relatives, views

urlpatterns = [
    path("", views.insured_home, name="insured_home"),
    path("identite/", identity_views.insured_identity, name="insured_identity"),
    path("vaccination/", views.insured_record, name="insured_record"),
    path("vaccination/dossier.csv", views.insured_record_sheet, name="insured_record_sheet"),
    path("vaccination/attestation/", papers.insured_attestation, name="insured_attestation"),
    path("vaccination/dossier.pdf", papers.insured_record_paper, name="insured_record_paper"),
    path("proches/", relatives.insured_relatives, name="insured_relatives"),
    path("proches/<int:person_id>/", relatives.insured_relative, name="insured_relative"),
    path("proches/<int:person_id>/attestation/", relatives.insured_relative_attestation, name="insured_relative_attestation"),
    path("proches/<int:person_id>/dossier.pdf", relatives.insured_relative_record, name="insured_relative_record"),
    path("proches/<int:person_id>/dossier.csv", relatives.insured_relative_sheet, name="insured_relative_sheet"),
    path("messages/", inbox.insured_messages, name="insured_messages"),
    path("messages/choix/", inbox.insured_message_choice, name="insured_message_choice"),
    path("messages/<int:message>/", inbox.insured_message, name="insured_message"),
    path("acces/", views.insured_accesses, name="insured_accesses"),
]
