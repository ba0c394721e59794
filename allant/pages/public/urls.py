"""Addresses of the public pages."""

from django.urls import path

from allant.pages.public import views

urlpatterns = [
    path("", views.home, name="home"),
    path("chiffres/", views.figures, name="figures"),
]
