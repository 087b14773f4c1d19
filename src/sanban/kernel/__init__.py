"""The kernel: values and functions only. No input, no output, no clock, no chance."""
