"""Addresses of the campaign pages. No person is ever named in one: an invitation stands for its person."""

from django.urls import path

from allant.pages.campaigns import views, why_views

urlpatterns = [
    path("", views.campaign_list, name="campaigns"),
    path("<slug:slug>/", views.campaign_page, name="campaign"),
    path("<slug:slug>/pourquoi/", why_views.search, name="campaign_why_search"),
    path("<slug:slug>/personnes/<int:invitation>/pourquoi/", why_views.why_page, name="campaign_why"),
]
