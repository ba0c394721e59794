"""The names other software knows: identifier systems, code systems, profiles.

NSS OIDs: the insured's number used as social security number (FR Core 2.2, slices NSS-NIR and NSS-NIA). The INS OIDs (.8, .9)
belong to identities qualified by the national teleservice: the register holds none, they are neither written nor accepted.
"""

from __future__ import annotations

NSS_NIR = "urn:oid:1.2.250.1.213.1.4.13"
NSS_NIA = "urn:oid:1.2.250.1.213.1.4.14"
INS = ("urn:oid:1.2.250.1.213.1.4.8", "urn:oid:1.2.250.1.213.1.4.9")
MATRICULE_SYSTEMS = {NSS_NIR: "NIR", NSS_NIA: "NIA"}
SYSTEM_OF_MATRICULE = {kind: system for system, kind in MATRICULE_SYSTEMS.items()}

RPPS = "https://rpps.esante.gouv.fr"
ORGANISATION = "urn:allant:organisation"
FHIR_VERSION = "4.0.1"

CVX = "http://hl7.org/fhir/sid/cvx"
ATC = "http://www.whocc.no/atc"
NUVA = "https://smt.esante.gouv.fr/terminologie-nuva"
CIP = "https://smt.esante.gouv.fr/terminologie-cip_ucd"
EU_REGISTER = "https://ec.europa.eu/health/documents/community-register/html/"
ACT_SITE = "http://terminology.hl7.org/CodeSystem/v3-ActSite"
SNOMED = "http://snomed.info/sct"
COVID19 = {"coding": [{"system": SNOMED, "code": "840539006", "display": "COVID-19"}]}

PLACE_KIND = "urn:allant:place-kind"
LOOSE_SYSTEMS = {  # what senders still write → the system meant
    "http://smt.esante.gouv.fr/terminologie-nuva": NUVA,
    "urn:oid:1.3.6.1.4.1.48601.1": NUVA,
    "urn:oid:1.2.250.1.71.4.2.1": RPPS,
}

FORCED_REASON = "urn:allant:forced-reason"  # extension of Immunization: why the act breaks rules of the schedule
FORCED_RULE = "urn:allant:forced-rule"  # the rules it broke, read back only: codes of docs/reference/recording-rules.md
COUNTRY = "urn:iso:std:iso:3166"
IN_FRANCE = frozenset({"FR", "FRA", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF"})

INJECTION_SITE = "urn:allant:injection-site"  # codes of `teleservice.injection_sites`
SITE_OF_ACT_SITE = {
    "LD": "deltoide_gauche",
    "LA": "deltoide_gauche",
    "RD": "deltoide_droit",
    "RA": "deltoide_droit",
    "LT": "cuisse_gauche",
    "LVL": "cuisse_gauche",
    "RT": "cuisse_droite",
    "RVL": "cuisse_droite",
}
ACT_SITE_OF_SITE = {"deltoide_gauche": "LD", "deltoide_droit": "RD", "cuisse_gauche": "LT", "cuisse_droite": "RT"}
