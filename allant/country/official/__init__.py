"""The official figures of the campaign: strict readers, and the compact facts shipped with the project."""
