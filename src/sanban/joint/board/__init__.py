"""The whistle board and the ageing board: tables of cases, what each viewer may see of them, pages and API."""
