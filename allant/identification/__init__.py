"""Identification: one identity, one person, one number (seed 003).

Which number by situation (`choice`), the request and its file (`requests`, `documents`), what is asked of SNGI and SANDIA
(`sngi`, `exchange`), the follow-up of a NIA (`follow_up`, a process of casework), what its steps do (`effects`), refugees and
turning 18 (`asylum`, `majority`), the stock of old numbers (`stock`) and the figures (`counting`).
"""
