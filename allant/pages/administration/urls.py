"""Addresses of the pages of administrators."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
