"""The vaccination against seasonal flu: who it is recommended to, and its ready-made campaigns."""
