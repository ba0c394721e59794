"""FHIR R4 at `/fhir`: patients, immunizations and what they refer to."""
