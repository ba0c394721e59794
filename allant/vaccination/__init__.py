"""The Covid-19 vaccination programme."""
