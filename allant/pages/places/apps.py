from django.apps import AppConfig


class PlacesPagesConfig(AppConfig):
    name = "allant.pages.places"
    label = "pages_places"
    verbose_name = "Pages des lieux de rendez-vous"
