"""Cases: the state of a problem being worked, the events that make it, and the one engine that decides them."""
