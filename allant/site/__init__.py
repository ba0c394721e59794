"""Settings, urls, sign-in wiring, the embedded server."""
