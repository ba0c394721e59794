"""Addresses of the verification. What a code says travels in the body of a POST: no address holds it."""

from django.urls import path

from allant.pages.certificates import program_views, views

urlpatterns = [
    path("", views.verification, name="verify_certificate"),
    path("image/", views.read_picture, name="verify_picture"),
    path("api/", program_views.verify_api, name="verify_api"),
    path("confiance.json", program_views.trust, name="certificate_trust"),
    path("revocations.json", program_views.revocations, name="certificate_revocations"),
]
