"""Addresses of the places that take appointments. They hold ids of rows and days only."""

from django.urls import path

from allant.pages.places import day_views, opening_views, partner_views, place_views, told_views

urlpatterns = [
    path("", place_views.places, name="places"),
    path("nouveau/", place_views.new_place, name="new_place"),
    path("partenaires/", partner_views.partners, name="booking_partners"),
    path("partenaires/regler/", partner_views.settle_now, name="settle_partners"),
    path("<int:place>/a-prevenir/", told_views.to_tell, name="place_to_tell"),
    path("<int:place>/", place_views.one_place, name="place"),
    path("<int:place>/modifier/", place_views.edit_place, name="edit_place"),
    path("<int:place>/plages/", opening_views.new_opening, name="new_opening"),
    path("<int:place>/plages/<int:schedule>/arreter/", opening_views.stop_opening, name="stop_opening"),
    path("<int:place>/plages/<int:schedule>/reserver/", opening_views.reserve_seats, name="reserve_seats"),
    path("<int:place>/fermetures/", opening_views.new_closure, name="new_closure"),
    path("<int:place>/creneaux/", opening_views.make_more, name="make_slots"),
    path("<int:place>/jour/", day_views.day, name="place_day"),
    path("<int:place>/jour/liste.pdf", day_views.day_pdf, name="place_day_pdf"),
    path("<int:place>/jour/liste.csv", day_views.day_csv, name="place_day_csv"),
    path("<int:place>/jour/<int:appointment>/", day_views.mark_one, name="mark_appointment"),
]
