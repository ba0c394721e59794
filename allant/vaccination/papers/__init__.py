"""The papers of the téléservice: summaries to sign (VC-24, VC-37), "rectificatif" (VC-25, VC-36), attestation and record (VC-62).

Every paper bears a mark (`marks`) by which anybody can ask whether it still stands (`standing`): a superseded paper never
passes for valid in silence.
"""

from allant.vaccination.papers.attestation import NothingToAttest, attestation_of
from allant.vaccination.papers.marks import UnreadableMark
from allant.vaccination.papers.record_lines import record_lines
from allant.vaccination.papers.record_paper import record_of
from allant.vaccination.papers.sheet import Code
from allant.vaccination.papers.standing import Standing, standing_of
from allant.vaccination.papers.summary_paper import paper_of_declaration, paper_of_dose

__all__ = [
    "Code",
    "NothingToAttest",
    "Standing",
    "UnreadableMark",
    "attestation_of",
    "paper_of_declaration",
    "paper_of_dose",
    "record_lines",
    "record_of",
    "standing_of",
]
