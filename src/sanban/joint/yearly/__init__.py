"""The yearly list of hard matters (年度攻坚事项): chosen from the ledger, closed by its stated measure alone."""
