"""Addresses of the pages where anybody books an appointment."""

from django.urls import path

from allant.pages.appointments import booking_views, letter_views, own_views, search_views

urlpatterns = [
    path("", search_views.search, name="appointments"),
    path("creneaux/<int:slot>/", booking_views.book_slot, name="book_slot"),
    path("partenaire/<str:token>/", booking_views.book_partner_slot, name="book_partner_slot"),
    path("courrier/", letter_views.answer_letter, name="answer_letter"),
    path("mien/<str:token>/", own_views.own, name="own_appointment"),
    path("mien/<str:token>/confirmer/", own_views.confirm_held, name="confirm_own_appointment"),
    path("mien/<str:token>/annuler/", own_views.cancel, name="cancel_own_appointment"),
    path("mien/<str:token>/deplacer/<int:slot>/", own_views.move_to, name="move_own_appointment"),
    path("mien/<str:token>/agenda.ics", own_views.calendar_file, name="own_appointment_ics"),
]
