"""E-mail over SMTP: a route, composed messages with a signed way out, the sender, what bounces (AV-11)."""
