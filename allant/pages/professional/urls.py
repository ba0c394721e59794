"""Addresses of the pages of health professionals."""

from django.urls import path

from allant.pages.professional import views

urlpatterns = [
    path("", views.professional_home, name="professional_home"),
    path("lieu/", views.structure, name="professional_structure"),
]
