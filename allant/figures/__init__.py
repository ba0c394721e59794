"""Aggregates, statistical secrecy, published files, charts.

Reading order: `sources` (where doses are read) → `aggregate` (counts, the one pass over the doses) → `national` and `territory`
(tables) → `publish` (a production of files); `key_figures`, `charts` and `maps` for pages, `current` for counts in memory;
`secrecy` and `series` for what leaves by territory; `definitions` for what each figure means; `parameters` reads the doctrine.
"""
