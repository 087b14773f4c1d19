"""Orders of the city's hotline platform: taken, urged, replied to, returned, and reconciled at the day's end."""
