"""The web shell: binds the slices' pages and API to HTTP, signs people in, renders, translates. It decides nothing.

`app.create_app` puts it together, `server.serve` runs it. What a slice may say is in `sanban.kernel.view`.
"""
