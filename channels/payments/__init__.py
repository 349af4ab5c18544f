"""Doors of payment providers."""
