"""Addresses for programs."""

from allant.api.fhir import routes

urlpatterns = routes.urlpatterns()
