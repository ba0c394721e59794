"""Addresses of the pages of health professionals."""

from django.urls import path

from allant.pages.professional import views
from allant.pages.professional.urls_dossier import urlpatterns as dossier_urls
from allant.pages.professional.urls_find import urlpatterns as finding_urls
from allant.pages.professional.urls_flu import urlpatterns as flu_urls
from allant.pages.professional.urls_practice import urlpatterns as practice_urls
from allant.pages.professional.urls_sessions import urlpatterns as session_urls

urlpatterns = [
    path("", views.professional_home, name="professional_home"),
    path("lieu/", views.structure, name="professional_structure"),
    *finding_urls,
    *dossier_urls,
    *session_urls,
    *practice_urls,
    *flu_urls,
]
