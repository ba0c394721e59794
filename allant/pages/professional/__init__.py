"""Pages of health professionals."""
