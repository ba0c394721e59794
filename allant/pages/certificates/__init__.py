"""Public verification of certificates, as a page and for programs; our trust list and revocation list (RP-11, RP-13)."""
