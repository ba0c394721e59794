"""Campaigns, their targets, waves, codes and invitations."""
