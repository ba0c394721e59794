"""Addresses of the pages of insured persons. None names anybody: the person is the one who is signed in."""

from django.urls import path

from allant.pages.insured import identity_views, views

urlpatterns = [
    path("", views.insured_home, name="insured_home"),
    path("identite/", identity_views.insured_identity, name="insured_identity"),
    path("vaccination/", views.insured_record, name="insured_record"),
    path("vaccination/dossier.csv", views.insured_record_sheet, name="insured_record_sheet"),
    path("vaccination/attestation/", views.insured_attestation, name="insured_attestation"),
    path("acces/", views.insured_accesses, name="insured_accesses"),
]
