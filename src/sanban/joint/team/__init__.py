"""Project teams (重大项目专班): stage gates, what blocks them by unit and age, risks of the seasons."""
