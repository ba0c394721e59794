from django.apps import AppConfig


class AppointmentPagesConfig(AppConfig):
    name = "allant.pages.appointments"
    label = "pages_appointments"
    verbose_name = "Rendez-vous en ligne"
