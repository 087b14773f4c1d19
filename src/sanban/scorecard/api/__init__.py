"""The scorecard by API: what its pages say, to whom they say it, with the position that it rests on."""

from sanban.scorecard.api.operations import routes

__all__ = ["routes"]
