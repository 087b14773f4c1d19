"""What comes to the district by other ways than the phone, in the demo: findings, visits, firms and suggestions."""
