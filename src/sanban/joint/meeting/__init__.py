"""The coordination meeting (协调会): an agenda from the ageing board, decisions with owner and limit, minutes."""
