"""Addresses of a doctor's own lists and orders."""

from django.urls import path

from allant.pages.professional import practice_orders, practice_patients

urlpatterns = [
    path("patients/", practice_patients.patients, name="practice_patients"),
    path("commandes/", practice_orders.orders, name="practice_orders"),
    path("commandes/commandes.csv", practice_orders.orders_sheet, name="practice_orders_sheet"),
    path("commandes/<int:order>/annuler/", practice_orders.order_cancel, name="practice_order_cancel"),
]
