"""The requester's own pages: file a request without an account, follow it by its receipt, and the API's twin."""
