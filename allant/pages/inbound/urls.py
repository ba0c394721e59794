"""Addresses of the desk that answers calls. None names a person: who is on the line is in the session."""

from django.urls import path

from allant.pages.inbound import booking_views, caller_views, change_views, waiting_views

urlpatterns = [
    path("", caller_views.search, name="inbound"),
    path("ouvrir/", caller_views.open_caller, name="inbound_open"),
    path("appel/", caller_views.caller, name="inbound_caller"),
    path("appel/terminer/", caller_views.hang_up, name="inbound_end"),
    path("appel/creneaux/<int:slot>/", booking_views.book_for_caller, name="inbound_book"),
    path("appel/partenaires/", caller_views.partner_hours, name="inbound_partners"),
    path("appel/partenaires/<str:token>/", booking_views.book_partner_for_caller, name="inbound_book_partner"),
    path("appel/rendez-vous/<int:appointment>/confirmer/", change_views.confirm_for_caller, name="inbound_confirm"),
    path("appel/rendez-vous/<int:appointment>/deplacer/<int:slot>/", change_views.move_for_caller, name="inbound_move"),
    path("appel/rendez-vous/<int:appointment>/annuler/", change_views.cancel_for_caller, name="inbound_cancel"),
    path("appel/attendre/", waiting_views.wait_for_caller, name="inbound_wait"),
    path("appel/ne-plus-attendre/", waiting_views.stop_waiting, name="inbound_stop_waiting"),
]
