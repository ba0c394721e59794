"""Addresses of the call desk. None names a person: an agent's call is the one in their hands."""

from django.urls import path

from allant.pages.desk import agent_views, booking_views, event_views, supervision_views

urlpatterns = [
    path("", agent_views.home, name="desk"),
    path("suivant/", agent_views.take, name="desk_next"),
    path("en-cours/", agent_views.call_page, name="desk_call"),
    path("en-cours/vivant/", agent_views.still_there, name="desk_alive"),
    path("en-cours/composer/", agent_views.dial_number, name="desk_dial"),
    path("en-cours/rendre/", agent_views.release, name="desk_release"),
    path("en-cours/issue/", agent_views.outcome, name="desk_outcome"),
    path("en-cours/rendez-vous/", booking_views.take_slot, name="desk_book"),
    path("en-cours/rendez-vous/annuler/", booking_views.cancel, name="desk_unbook"),
    path("en-cours/rendez-vous/confirmer/", booking_views.confirmation, name="desk_confirm"),
    path("en-cours/partenaires/", booking_views.partner_slots, name="desk_partners"),
    path("supervision/", supervision_views.supervision, name="desk_supervision"),
    path("supervision/appels.csv", supervision_views.calls_file, name="desk_calls_file"),
    path("supervision/<int:call>/decider/", supervision_views.decision, name="desk_decide"),
    path("evenements/", event_views.telephony, name="desk_events"),
]
