"""Addresses of the campaign pages."""

from django.urls import path

from allant.pages.campaigns import views

urlpatterns = [
    path("", views.campaign_list, name="campaigns"),
]
