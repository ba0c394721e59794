from django.apps import AppConfig


class ProfessionalPagesConfig(AppConfig):
    name = "allant.pages.professional"
    label = "pages_professional"
    verbose_name = "Pages des professionnels"
