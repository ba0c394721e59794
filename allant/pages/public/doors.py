"""The texts of the home page: who enters where, and what the service promises."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Door:
    """One audience and the page it begins with."""

    audience: str
    text: str
    link: str
    url_name: str


@dataclass(frozen=True)
class Promise:
    """Something the service guarantees."""

    title: str
    text: str


DOORS = (
    Door(
        "Citoyens, journalistes, chercheurs",
        "Les chiffres de la campagne à toute date, leurs définitions et les fichiers à télécharger. Sans compte.",
        "Voir les chiffres",
        "figures",
    ),
    Door(
        "Professionnels de santé",
        "Médecins, pharmaciens, infirmiers, sages-femmes : entrez avec Pro Santé Connect, par carte CPS ou e-CPS.",
        "S'identifier",
        "professional_home",
    ),
    Door(
        "Responsables de campagne",
        "Vos cibles, vos vagues, leur avancement, et pour chaque personne la raison de son invitation.",
        "Ouvrir les campagnes",
        "campaigns",
    ),
    Door(
        "Agents et service médical",
        "Caisses, service médical, plateforme téléphonique : entrez avec votre compte d'agent.",
        "Se connecter",
        "account_login",
    ),
    Door(
        "Partenaires",
        "Associations, CCAS, France services : entrez avec le compte de votre structure.",
        "Se connecter",
        "account_login",
    ),
    Door(
        "Mon rappel",
        "À partir de quand votre rappel est possible, et jusqu'à quand votre pass est valable sans lui. Sans compte.",
        "Calculer mes dates",
        "recall",
    ),
    Door(
        "Vérifier un certificat",
        "Certificat européen ou 2D-DOC : signature, dates, révocation et règles françaises, par texte, image ou caméra.",
        "Vérifier",
        "verify_certificate",
    ),
    Door(
        "Assurés",
        "Vos vaccinations, la date de la prochaine, votre attestation, qui a ouvert votre dossier : entrez avec FranceConnect.",
        "Ouvrir mon espace",
        "insured_home",
    ),
)

PROMISES = (
    Promise(
        "Chacun une fois",
        "Une personne n'est que dans une vague par campagne et n'a qu'un code valide. Rien n'est perdu ni fait deux fois.",
    ),
    Promise(
        "Des règles datées",
        "Âges, délais et phases viennent d'une doctrine datée et sourcée : une date passée redonne la règle d'alors.",
    ),
    Promise(
        "Des chiffres refaisables",
        "Chaque chiffre est calculé sur les doses, renvoie à sa définition et se télécharge ; la valeur officielle est à côté.",
    ),
)
