"""The two processes of identification, declared (ID-05, ID-04)."""

from __future__ import annotations

from allant.casework.process import Deadline, Flag, Process, Signal, State, Transition

EXCEPTIONAL = Flag("exceptional", "force majeure temporaire")
OPEN = ("waiting", "reminded", "suspended", "exceptional", "to_replace")
RIGHTS_END = ("close_rights", "claim_undue", "write")

FOLLOW_UP = Process(
    slug="nia_follow_up",
    label="Suivi du NIA",
    rule="identification.follow_up",
    states=(
        State("waiting", "Pièce attendue"),
        State("reminded", "Relancé"),
        State("suspended", "Droits suspendus"),
        State("exceptional", "Force majeure temporaire"),
        State("examined", "En examen au SANDIA"),
        State("to_replace", "Pièce refusée, à remplacer"),
        State("certified", "Certifié : NIR", final=True),
        State("closed", "Droits fermés", final=True),
        State("fraud", "Fraude : droits fermés", final=True),
    ),
    deadlines=(
        Deadline("reminder", "Relance", "reminder"),
        Deadline("suspension", "Suspension des droits", "suspension"),
        Deadline("closing", "Fermeture des droits", "closing"),
        Deadline("exceptional_closing", "Fin de la force majeure", "exceptional"),
        Deadline("replacement", "Fin du délai de remplacement", "replacement", counts_from="entered"),
    ),
    signals=(
        Signal("declared_exceptional", "Force majeure temporaire reconnue"),
        Signal("completed", "Dossier complet"),
        Signal("sandia_certifies", "Certification par le SANDIA"),
        Signal("sandia_rejects", "Rejet par le SANDIA"),
        Signal("fraud_found", "Fraude constatée"),
    ),
    transitions=(
        Transition("remind", "Relance envoyée", ("waiting",), "reminded", on="reminder", effects=("write",)),
        Transition("suspend", "Relance et suspension des droits", ("reminded",), "suspended", on="suspension",
                   effects=("suspend_rights", "write")),
        Transition("close", "Fermeture des droits, indus réclamés", ("suspended",), "closed", on="closing", effects=RIGHTS_END),
        Transition("close_exceptional", "Fin de la force majeure : droits fermés", ("exceptional",), "closed",
                   on="exceptional_closing", effects=RIGHTS_END),
        Transition("not_replaced", "Pièce non remplacée : suspension des droits", ("to_replace",), "suspended", on="replacement",
                   effects=("suspend_rights", "write")),
        Transition("declare_exceptional", "Passage en force majeure temporaire",
                   ("waiting", "reminded", "suspended", "to_replace"), "exceptional",
                   on="declared_exceptional", sets=(("exceptional", True),), effects=("restore_rights",)),
        Transition("send_to_sandia", "Dossier transmis au SANDIA", OPEN, "examined", on="completed",
                   effects=("restore_rights", "submit", "write")),
        Transition("certify", "Le NIA devient NIR", ("examined",), "certified", on="sandia_certifies",
                   effects=("give_nir", "notify_bodies", "write")),
        Transition("reject_exceptional", "Pièce refusée par le SANDIA (force majeure)", ("examined",), "exceptional",
                   on="sandia_rejects", given=(EXCEPTIONAL,), effects=("write",)),
        Transition("reject", "Pièce refusée par le SANDIA", ("examined",), "to_replace", on="sandia_rejects", effects=("write",)),
        Transition("find_fraud", "Fraude : fermeture des droits, indus réclamés", (*OPEN, "examined"), "fraud", on="fraud_found",
                   effects=RIGHTS_END),
    ),
)  # fmt: skip

UNDER_NNP = Process(
    slug="under_nnp",
    label="Personne sous NNP",
    rule="identification.former_flow",
    states=(
        State("provisional", "Sous NNP"),
        State("posted", "Pièces transmises au SANDIA par la poste"),
        State("has_nir", "NIR à la place du NNP", final=True),
        State("taken_over", "Repris par une demande de NIA", final=True),
        State("rights_ended", "Fraude : droits fermés", final=True),
    ),
    deadlines=(),
    signals=(
        Signal("documents_posted", "Pièces postées"),
        Signal("nir_given", "NIR reçu du SANDIA"),
        Signal("sent_back", "Pièces renvoyées par le SANDIA"),
        Signal("nia_requested", "NIA demandé"),
        Signal("nnp_fraud", "Fraude constatée"),
    ),
    transitions=(
        Transition("post", "Pièces postées au SANDIA", ("provisional",), "posted", on="documents_posted"),
        Transition("send_back", "Pièces renvoyées", ("posted",), "provisional", on="sent_back"),
        Transition("replace", "Le NIR remplace le NNP", ("posted",), "has_nir", on="nir_given",
                   effects=("give_nir", "notify_bodies", "write_certified")),
        Transition("take_over", "NIA demandé", ("provisional", "posted"), "taken_over", on="nia_requested"),
        Transition("end_rights", "Fraude : fermeture des droits, indus réclamés", ("provisional", "posted"), "rights_ended",
                   on="nnp_fraud", effects=("close_rights", "claim_undue")),
    ),
)  # fmt: skip
