"""Attachments: photos, sounds and documents that people and units add to requests and cases."""
