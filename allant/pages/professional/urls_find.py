"""Addresses of the téléservice's home, of finding a patient, of support and annex."""

from django.urls import path

from allant.pages.professional import appointment_views, find_views, help_views, new_patient_views, places

urlpatterns = [
    path("vaccin-covid/", find_views.home, name="teleservice"),
    path("vaccin-covid/choisir/", find_views.choice, name="teleservice_choice"),
    path("vaccin-covid/rendez-vous/<int:appointment>/", appointment_views.from_appointment, name="teleservice_appointment"),
    path("vaccin-covid/nouveau-patient/", new_patient_views.new_patient, name="teleservice_new_patient"),
    path("vaccin-covid/lieux/", places.places, name="teleservice_places"),
    path("vaccin-covid/assistance/", help_views.support_page, name="teleservice_support"),
    path("vaccin-covid/professions/", help_views.annex, name="teleservice_annex"),
    path("vaccin-covid/numero-am/", help_views.am_number, name="teleservice_am_number"),
]
