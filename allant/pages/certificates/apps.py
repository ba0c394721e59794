from django.apps import AppConfig


class CertificatesPagesConfig(AppConfig):
    name = "allant.pages.certificates"
    label = "pages_certificates"
    verbose_name = "Vérification des certificats"
