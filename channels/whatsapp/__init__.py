"""WhatsApp: the room its gateway and widgets move into."""
