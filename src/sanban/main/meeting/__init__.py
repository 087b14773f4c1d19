"""Where requests and cases meet: what the one stream says of the other, and how a desk brings the two together."""
