"""Where each command of `allant` lives, by dotted name: the command line loads only the one that was typed.

A target is `module:object`: a typer app (its commands become sub-commands; an app whose only command bears the name of the
row is that command), or a function (one command). Several targets make one group.
"""

from dataclasses import dataclass
from typing import Literal

# "database": it answers; an embedded one is brought up to date. "tables": an outside one too.
Need = Literal["nothing", "django", "database", "tables"]


@dataclass(frozen=True)
class Place:
    """One command: its French summary, where it lives, and what must stand before it runs."""

    name: str
    summary: str
    targets: tuple[str, ...]
    needs: Need = "nothing"


COMMANDS: dict[str, Place] = {
    place.name: place
    for place in (
        Place("demo", "Montre tout : un pays, sa campagne rejouée, les pages.", ("allant.country.commands:demo",), "tables"),
        Place("serve", "Ouvre les pages à une adresse locale.", ("allant.cli.serve:serve",)),
        Place(
            "country",
            "Crée un pays synthétique.",
            (
                "allant.country.population.commands:app",
                "allant.country.official.commands:app",
                "allant.country.linkage_commands:app",
            ),
        ),
        Place("replay", "Rejoue la campagne réelle.", ("allant.country.replay.commands:app",), "tables"),
        Place(
            "target",
            "Écrit, compte et explique une population cible.",
            ("allant.campaigns.commands:target", "allant.campaigns.snapshot_commands:target"),
            "database",
        ),
        Place("wave", "Lance une vague d'invitations.", ("allant.campaigns.commands:wave",), "database"),
        Place("plan", "Répartit les invitations selon les capacités.", ("allant.campaigns.planner.commands:app",), "database"),
        Place(
            "campaign",
            "Mène une campagne prête à l'emploi.",
            ("allant.campaigns.ready_made.commands:app", "allant.country.ready_made_commands:app"),
            "tables",
        ),
        Place(
            "scheme-file",
            "Écrit, contrôle et acquitte les fichiers des autres régimes.",
            ("allant.campaigns.scheme_commands:app",),
            "database",
        ),
        Place("dialogue", "Commence des dialogues par SMS.", ("allant.campaigns.dialogue_commands:app",), "database"),
        Place(
            "mailing",
            "Prépare les courriers aux professionnels.",
            ("allant.campaigns.professionals.commands:mailing",),
            "database",
        ),
        Place(
            "partner-list",
            "Écrit les listes des partenaires, enregistre et retire les accords.",
            ("allant.campaigns.partner_commands:app",),
            "database",
        ),
        Place(
            "appointments",
            "Crée les créneaux, rend les places, rappelle les rendez-vous.",
            ("allant.campaigns.appointment_commands:app",),
            "database",
        ),
        Place("sweep", "Fait avancer les dossiers échus.", ("allant.casework.commands:sweep_command",), "database"),
        Place(
            "identity",
            "Identification : échanges, choix du matricule, chiffres.",
            ("allant.identification.commands:app",),
            "database",
        ),
        Place("letters", "Écrit les courriers pour l'imprimeur.", ("allant.outreach.letters.commands:app",), "database"),
        Place("worker", "Envoie ce qui attend, exécute les tâches.", ("allant.outreach.worker_commands:worker",), "database"),
        Place("publish", "Écrit les fichiers de données ouvertes.", ("allant.figures.commands:app",), "database"),
        Place(
            "import-doses",
            "Enregistre les doses d'un fichier CSV.",
            ("allant.vaccination.imports.commands:import_doses",),
            "database",
        ),
        Place(
            "forget-lines",
            "Efface les lignes à corriger devenues trop anciennes.",
            ("allant.vaccination.imports.commands:forget_lines",),
            "database",
        ),
        Place("recall", "Calcule une date de rappel et la fin du pass.", ("allant.recall.commands:recall",)),
        Place("recall-all", "Calcule les dates de rappel de tous.", ("allant.recall.commands:everybody",), "database"),
        Place("pass", "Vérifie des certificats, applique les règles d'un pays.", ("allant.certificates.verify_commands:app",)),
        Place("pass-keys", "Clés de signature, révocations.", ("allant.certificates.commands:app",), "database"),
        Place("doctrine", "Consulte les règles datées.", ("allant.doctrine.commands:app",), "django"),
        Place("fhir-client", "Inscrit les logiciels qui parlent FHIR.", ("allant.api.commands:app",), "database"),
        Place("matricule", "Contrôle un matricule (NIR, NIA, NNP).", ("allant.people.commands:app",)),
        Place("duplicates", "Propose les doublons du registre.", ("allant.people.duplicate_commands:app",), "database"),
        Place("simulate", "Lance un service extérieur simulé.", ("allant.cli.simulate:simulate",)),
        Place("database", "Démarre, arrête ou met à jour la base de données.", ("allant.cli.database:app",)),
        Place("doctor", "Dit ce qui manque sur cette machine.", ("allant.cli.doctor:doctor",)),
        Place("django", "Passe une commande à Django (développement).", ("allant.cli.django:django",)),
    )
}
