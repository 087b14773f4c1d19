"""Joint handling in this deployment: what is bound to whistles, and to what surrounds them."""
