"""The booster calculator: booster date and end of the pass of one person, or of everybody, by the rules known on a day."""
