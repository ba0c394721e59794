"""The replay: official daily figures become the dose of one synthetic person on one day."""
