"""Instalment schemes: appliances that are paid for with the bills (seeds 2.2.10, 3.6.3)."""
