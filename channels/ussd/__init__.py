"""USSD: numbered menus cut to a small screen."""
