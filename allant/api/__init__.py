"""Interfaces for programs: FHIR R4."""
