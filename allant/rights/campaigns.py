"""What the campaigns of the programme hope for: a right that opens. Their entries are in `ready_made.yaml`.

A right may open again after it closed, so that no objective counts who ever had it: the groups leave out who has it now.
"""

from __future__ import annotations

from allant.campaigns.ready_made import Act, Programme

ACTS = {
    "c2s_opened": Act("situation(kind=c2s).starts_on", label="Ouverture de la complémentaire santé solidaire"),
    "ame_opened": Act("situation(kind=ame).starts_on", label="Ouverture ou renouvellement de l’aide médicale de l’État"),
}
RIGHTS = Programme("rights", "allant.rights", ACTS)
