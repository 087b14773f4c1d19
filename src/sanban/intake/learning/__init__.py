"""Learned classification: cut texts into words, weigh them, train, calibrate, keep and load models, measure them."""
