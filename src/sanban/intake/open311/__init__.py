"""The district as an Open311 GeoReport v2 server: services, filing, and what became of requests of public matters."""
