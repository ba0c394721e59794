"""Addresses of the pages of insured persons."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
