"""Addresses of the fund's pages on slots by letter, taxis and visits at home. They hold ids of rows only."""

from django.urls import path

from allant.pages.proposals import letter_views, taxi_views, visit_views

urlpatterns = [
    path("courriers/", letter_views.slot_letters, name="slot_letters"),
    path("courriers/bon/", letter_views.voucher, name="voucher_check"),
    path("courriers/<slug:slug>/", letter_views.reserve_now, name="reserve_slot_letters"),
    path("taxis/", taxi_views.taxis, name="taxis"),
    path("taxis/fichier/", taxi_views.load, name="load_taxis"),
    path("taxis/<int:taxi>/arreter/", taxi_views.end, name="end_taxi"),
    path("domicile/", visit_views.visits, name="home_visits"),
    path("domicile/demander/", visit_views.ask_one, name="ask_home_visit"),
    path("domicile/liste.csv", visit_views.visits_csv, name="home_visits_csv"),
    path("domicile/<int:visit>/", visit_views.one, name="home_visit"),
]
