"""Who is at the door: officers and their passwords, sessions and tokens, guards, the sign-in pages."""
