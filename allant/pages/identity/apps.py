from django.apps import AppConfig


class IdentityPagesConfig(AppConfig):
    name = "allant.pages.identity"
    label = "pages_identity"
    verbose_name = "Pages de l'identification"
