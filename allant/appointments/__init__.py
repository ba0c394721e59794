"""Appointments: places, their slots, who booked what; never one slot sold twice."""
