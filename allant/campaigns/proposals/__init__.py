"""What a letter proposes besides a code (AV-40): a slot held for the person with transport, or a nurse who comes to the home."""
