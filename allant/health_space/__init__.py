"""Mon espace santé: the campaign that notifies everybody."""
