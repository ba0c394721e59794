"""Addresses of the contact pages. None names a person: a link of an e-mail is a signed number."""

from django.urls import path

from allant.pages.outreach import answer_views, choice_views, hold_views, letter_views, mail_views, template_views

urlpatterns = [
    path("envois/", hold_views.sendings, name="sendings"),
    path("envois/arreter/", hold_views.stop, name="stop_sendings"),
    path("envois/<int:hold>/reprendre/", hold_views.release, name="release_sendings"),
    path("reponses/", answer_views.answer_list, name="answers"),
    path("reponses/<int:answer>/", answer_views.handle, name="handle_answer"),
    path("modeles/", template_views.template_list, name="templates"),
    path("modeles/<slug:slug>/<slug:channel>/", template_views.template_page, name="template"),
    path("modeles/<slug:slug>/<slug:channel>/<slug:language>/", template_views.write, name="write_template"),
    path("courriers/", letter_views.letters, name="letters"),
    path("courriers/revenus/", letter_views.returned, name="returned_letters"),
    path("courriers/reimprimer/", letter_views.reprint, name="reprint_letter"),
    path("courriers/<int:file>/remis/", letter_views.hand_over, name="hand_over_letters"),
    path("campagne/<int:campaign>/", letter_views.public_campaign, name="public_campaign"),
    path("n/<str:token>/", choice_views.stop_choice, name="stop_choice"),
    path("desinscription/<str:token>/", mail_views.leave, name="unsubscribe"),
    path("courriels/rejets/", mail_views.told, name="told_bounces"),
]
