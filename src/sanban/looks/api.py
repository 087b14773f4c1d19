"""Looks in the API, for auditors' programs: of a case, of an officer. Asking here is a look as well."""

from __future__ import annotations

from functools import partial

from sanban.kernel.errors import Refused
from sanban.kernel.view import ApiRequest, ApiRoute, Missing, Paging
from sanban.looks.pages import NO_CASE, ROLES
from sanban.looks.ports import Needs
from sanban.looks.reading import LookPage, looks_of


def routes(needs: Needs) -> tuple[ApiRoute, ...]:
    """The two operations."""
    return (
        ApiRoute(
            "GET",
            "/looks/cases/{case_id}",
            "looks.case",
            partial(_case, needs),
            LookPage,
            query=Paging,
            roles=ROLES,
            summary="Who looked at a case and its requests, newest first, and to whom requesters were shown",
        ),
        ApiRoute(
            "GET",
            "/looks/officers/{account}",
            "looks.officer",
            partial(_officer, needs),
            LookPage,
            query=Paging,
            roles=ROLES,
            summary="What an officer looked at, newest first",
        ),
    )


def _case(needs: Needs, asked: ApiRequest) -> LookPage | Missing | Refused:
    found = needs.case(asked.viewer, asked.path["case_id"])
    if found is None:
        return NO_CASE
    return looks_of(asked.viewer, needs, case=found, after=asked.query.after, limit=asked.query.limit)


def _officer(needs: Needs, asked: ApiRequest) -> LookPage | Refused:
    query: Paging = asked.query
    return looks_of(asked.viewer, needs, account=asked.path["account"], after=query.after, limit=query.limit)
