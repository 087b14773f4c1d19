"""Act together (难诉共办): whistle, report-in, plan, ruling, meeting, reverse rating."""
