"""The command line: parses, asks the composition root, prints. No decision is made here."""
