"""Read views of handling: a viewer comes first, and what is not theirs to see never leaves these functions.

`lists` reads projections, keyset paged; `case` folds one case and shows it as far as `sight` allows; `proof` reads the
ledger's head. The structs made here are the contexts of pages and the bodies of API answers alike.
"""
