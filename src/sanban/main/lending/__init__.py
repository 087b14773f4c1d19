"""What one slice lends another, put in the borrower's words: slices do not see each other, so it is done here."""
