"""The demo's phones on the screen: their page, the networks they use, and the gateway that reaches them."""
