"""Where something is: coordinate systems in use, and their way to WGS-84."""
