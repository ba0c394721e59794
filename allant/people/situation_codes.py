"""What the codes of situations mean: the groups of ALD, professions, kinds of institution. Names only: no rule is here.

The thirty groups and their numbers are those of article D160-4 of the Code de la sécurité sociale, group 12 included, which takes
nobody in any more (decree 2011-726) but is still borne; 31 and 32 are the numbers of ALD outside the list (article L160-14, 4°).
"""

from __future__ import annotations

from typing import Final

ALD_GROUPS: Final = {
    "1": "Accident vasculaire cérébral invalidant",
    "2": "Insuffisances médullaires et autres cytopénies chroniques",
    "3": "Artériopathies chroniques avec manifestations ischémiques",
    "4": "Bilharziose compliquée",
    "5": "Insuffisance cardiaque, troubles du rythme, cardiopathies valvulaires ou congénitales graves",
    "6": "Maladies chroniques actives du foie et cirrhoses",
    "7": "Déficit immunitaire primitif grave, infection par le VIH",
    "8": "Diabète de type 1 et diabète de type 2",
    "9": "Affections neurologiques et musculaires graves, dont myopathie, et épilepsie grave",
    "10": "Hémoglobinopathies, hémolyses chroniques sévères",
    "11": "Hémophilies et affections constitutionnelles de l'hémostase graves",
    "12": "Hypertension artérielle sévère",
    "13": "Maladie coronaire",
    "14": "Insuffisance respiratoire chronique grave",
    "15": "Maladie d'Alzheimer et autres démences",
    "16": "Maladie de Parkinson",
    "17": "Maladies métaboliques héréditaires",
    "18": "Mucoviscidose",
    "19": "Néphropathie chronique grave et syndrome néphrotique primitif",
    "20": "Paraplégie",
    "21": "Vascularites, lupus érythémateux systémique, sclérodermie systémique",
    "22": "Polyarthrite rhumatoïde évolutive",
    "23": "Affections psychiatriques de longue durée",
    "24": "Rectocolite hémorragique et maladie de Crohn évolutives",
    "25": "Sclérose en plaques",
    "26": "Scoliose idiopathique structurale évolutive",
    "27": "Spondylarthrite grave",
    "28": "Suites de transplantation d'organe",
    "29": "Tuberculose active, lèpre",
    "30": "Tumeur maligne, affection maligne du tissu lymphatique ou hématopoïétique",
    "31": "Affection grave hors liste",
    "32": "Polypathologie invalidante",
}
PROFESSIONS: Final = {
    "physician": "Médecin",
    "pharmacist": "Pharmacien",
    "midwife": "Sage-femme",
    "dentist": "Chirurgien-dentiste",
    "nurse": "Infirmier",
    "physiotherapist": "Masseur-kinésithérapeute",
    "care_assistant": "Aide-soignant",
    "care_home_staff": "Personnel d'EHPAD ou d'USLD",
    "home_helper": "Aide à domicile",
    "ambulance_driver": "Ambulancier",
    "firefighter": "Pompier",
}
"""The codes of the situation `profession`, as the phases of the doctrine write them."""
INSTITUTIONS: Final = {"ehpad": "EHPAD", "usld": "USLD", "mas_fam": "MAS ou FAM", "other": "Autre établissement"}

SITUATION_CODES: Final = {**ALD_GROUPS, **PROFESSIONS, **INSTITUTIONS}
"""Every code with its name: those of one kind are not those of another."""


def ald_name(code: str) -> str:
    """`8` → « 8 – Diabète de type 1 et diabète de type 2 »; a code out of the list stays as it is."""
    return f"{code} – {ALD_GROUPS[code]}" if code in ALD_GROUPS else code
