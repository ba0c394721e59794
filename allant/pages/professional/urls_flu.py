"""Addresses of the vaccination against flu: the voucher, the vaccine, the injection."""

from django.urls import path

from allant.pages.professional import flu_actions, flu_file, flu_find

_ONE = "grippe/dossier/<int:person_id>"

urlpatterns = [
    path("grippe/", flu_find.home, name="flu"),
    path("grippe/choisir/", flu_find.choice, name="flu_choice"),
    path(f"{_ONE}/", flu_file.file, name="flu_file"),
    path(f"{_ONE}/bon/", flu_file.voucher_paper, name="flu_voucher_paper"),
    path(f"{_ONE}/delivrer/", flu_actions.delivery, name="flu_delivery"),
    path(f"{_ONE}/remettre-un-bon/", flu_actions.voucher, name="flu_voucher"),
    path(f"{_ONE}/injecter/", flu_actions.injection, name="flu_injection"),
    path(f"{_ONE}/annuler/", flu_actions.cancellation, name="flu_cancellation"),
]
