"""What is true: accounts, connections, requests, messages. Knows no channel and no conversation."""
