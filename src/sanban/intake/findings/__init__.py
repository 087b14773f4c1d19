"""Findings of grid workers: what was found before anybody complained, repairs on the spot, and sweeps of a grid."""
