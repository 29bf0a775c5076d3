"""Outlets, their trading days and currency; an outlet's GUID is unique only within its organisation."""
