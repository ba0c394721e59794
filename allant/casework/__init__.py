"""Files with legal deadlines: a process declared once, and the one engine that keeps every deadline.

A programme declares a `Process` (states, transitions, deadlines), registers it with its effects, opens cases, and tells them what
happens (`signals.signal`). The nightly sweep (`sweep.sweep`, `allant sweep`) makes what is due, by chunks of thousands of cases.

Delays, what pauses or restarts the clock, and whether open cases follow a new rule are doctrine (`terms`); which version a case
follows is selected by the day it was opened. docs/reference/processes.md draws every process from its declaration.

Doses, messages, calls and bookings are not cases: their status is computed from append-only rows.
"""
