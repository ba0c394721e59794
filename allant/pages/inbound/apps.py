from django.apps import AppConfig


class InboundPagesConfig(AppConfig):
    name = "allant.pages.inbound"
    label = "pages_inbound"
    verbose_name = "Pages de l'accueil téléphonique"
