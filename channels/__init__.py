"""Doors: a provider's webhook becomes an Inbound, a Reply becomes the provider's answer."""
