"""What a deployment decides for itself: what it runs, what it has adopted, and who may come in."""
