"""Messages to persons: the outbox and its channels."""
