from django.apps import AppConfig


class InsuredPagesConfig(AppConfig):
    name = "allant.pages.insured"
    label = "pages_insured"
    verbose_name = "Pages des assurés"
