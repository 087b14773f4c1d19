"""The way to the process that owns a home: loopback, a token, frames of JSON."""
