"""Files as people have them: their encodings, their quoting, their workbooks, and the file of what was not taken."""
