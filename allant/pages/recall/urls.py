"""Addresses of the calculator. Dates of birth and of doses travel in the body of a POST: no address holds them."""

from django.urls import path

from allant.pages.recall import views

urlpatterns = [
    path("", views.calculator, name="recall"),
    path("agenda.ics", views.reminder, name="recall_ics"),
]
