"""What the service costs, against bare Flask, the usual tutorial handler and ussd-menu-builder."""
