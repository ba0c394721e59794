"""Pages of the fund for what letters propose (AV-40): slots held, contracted taxis, vaccination at home."""
