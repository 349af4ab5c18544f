"""Coupons (seed 3.5.13): made for a customer or a plant, redeemed once, chased before they end, counted."""
