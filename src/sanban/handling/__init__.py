"""Act fast, back: cases from opening to closing; dispatch, clocks, return, call-back (接诉快办)."""
