"""Addresses of the shared pages."""

from django.urls import path

from allant.pages.base import views

urlpatterns = [
    path("espace/", views.my_space, name="my_space"),
    path("compte/", views.account, name="account"),
    path("accessibilite/", views.accessibility, name="accessibility"),
    path("mentions-legales/", views.legal, name="legal"),
]
