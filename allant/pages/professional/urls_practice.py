"""Addresses of a professional's own lists, orders and visits."""

from django.urls import path

from allant.pages.professional import home_visit_views, practice_orders, practice_patients

urlpatterns = [
    path("domicile/", home_visit_views.own_visits, name="own_home_visits"),
    path("domicile/<int:visit>/dater/", home_visit_views.plan_visit, name="plan_home_visit"),
    path("domicile/<int:visit>/dossier/", home_visit_views.open_visit, name="open_home_visit"),
    path("patients/", practice_patients.patients, name="practice_patients"),
    path("commandes/", practice_orders.orders, name="practice_orders"),
    path("commandes/commandes.csv", practice_orders.orders_sheet, name="practice_orders_sheet"),
    path("commandes/<int:order>/annuler/", practice_orders.order_cancel, name="practice_order_cancel"),
]
