"""What this room lets others do: record doses, one or many, correct them, cancel them; keep lots and infections; watch volume."""

from __future__ import annotations

from allant.directory.loading import LoadRefused
from allant.immunizations.act import Act, CorrectionRefused, DoseRefused
from allant.immunizations.bulk import BatchRefused, BulkReport, VolumeStopped, record_doses_in_bulk
from allant.immunizations.corrections import cancel_administratively, cancel_dose, correct_dose, may_be_changed_by
from allant.immunizations.infections import InfectionRefused, declare_infection, load_infections
from allant.immunizations.lots import (
    LineError,
    LotRefused,
    LotsReport,
    doses_of_lot,
    load_lots,
    load_lots_file,
    load_shipped_lots,
    recall_lot,
    save_lot,
)
from allant.immunizations.recording import is_new, record_dose
from allant.immunizations.volume import AlertRefused, close_alert, is_blocked, raise_alerts, watch_volume

__all__ = [
    "Act",
    "AlertRefused",
    "BatchRefused",
    "BulkReport",
    "CorrectionRefused",
    "DoseRefused",
    "InfectionRefused",
    "LineError",
    "LoadRefused",
    "LotRefused",
    "LotsReport",
    "VolumeStopped",
    "cancel_administratively",
    "cancel_dose",
    "close_alert",
    "correct_dose",
    "declare_infection",
    "doses_of_lot",
    "is_blocked",
    "is_new",
    "load_infections",
    "load_lots",
    "load_lots_file",
    "load_shipped_lots",
    "may_be_changed_by",
    "raise_alerts",
    "recall_lot",
    "record_dose",
    "record_doses_in_bulk",
    "save_lot",
    "watch_volume",
]
