"""Files that change: adopted by an authority, compared in words, revised."""
