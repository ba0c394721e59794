from django.apps import AppConfig


class AdministrationPagesConfig(AppConfig):
    name = "allant.pages.administration"
    label = "pages_administration"
    verbose_name = "Pages d'administration"
