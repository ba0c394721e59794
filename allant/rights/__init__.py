"""Rights (C2S, AME): the campaigns that inform people of them."""
