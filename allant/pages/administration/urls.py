"""Addresses of the pages of administrators. No person is named in one."""

from django.urls import path

from allant.pages.administration import allotments, cancellations, duplicates, home, lot_doses, lots, volumes

urlpatterns = [
    path("", home.administration_home, name="administration_home"),
    path("lots/", lots.lot_list, name="administration_lots"),
    path("lots/ajouter/", lots.lot_add, name="administration_lot_add"),
    path("lots/fichier/", lots.lot_file, name="administration_lot_file"),
    path("lots/hors-liste/", lots.unlisted_lots, name="administration_unlisted_lots"),
    path("lots/hors-liste/doses/", lot_doses.unlisted_doses, name="administration_unlisted_doses"),
    path("lots/<int:lot>/", lots.lot_page, name="administration_lot"),
    path("lots/<int:lot>/doses/", lot_doses.lot_doses, name="administration_lot_doses"),
    path("lots/<int:lot>/personnes.csv", lot_doses.lot_persons, name="administration_lot_persons"),
    path("volumes/", volumes.alert_list, name="administration_alerts"),
    path("volumes/<int:alert>/", volumes.alert_page, name="administration_alert"),
    path("annulations/", cancellations.cancellations, name="administration_cancellations"),
    path("annulations/doses/<int:dose>/", cancellations.cancel_dose, name="administration_cancel_dose"),
    path("doublons/", duplicates.pair_list, name="administration_duplicates"),
    path("doublons.csv", duplicates.pair_sheet, name="administration_duplicates_sheet"),
    path("doublons/<int:pair>/", duplicates.pair_page, name="administration_duplicate"),
    path("allocations/", allotments.allotments, name="administration_allotments"),
    path("allocations/<int:allotment>/commandes/", allotments.orders, name="administration_orders"),
    path("allocations/<int:allotment>/commandes/etape/", allotments.order_step, name="administration_order_step"),
    path("allocations/<int:allotment>/commandes.csv", allotments.orders_sheet, name="administration_orders_sheet"),
]
