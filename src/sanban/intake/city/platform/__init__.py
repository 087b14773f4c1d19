"""Ways to the city's platform: a folder of files, and a twin in memory, behind one contract."""
