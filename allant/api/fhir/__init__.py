"""FHIR R4: Patient, Immunization, and what they refer to."""
