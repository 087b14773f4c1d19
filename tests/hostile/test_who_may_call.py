"""Who may call which operation of the API: the document against a declared table, with the token of every role.

An operation that the table does not name fails, and so does a role that is let in where the table does not name it.
What is sent has a parameter that no operation takes, so that whoever is let in changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from sanban.web.access.officers import Officer, Officers, Token
from working_house import DAY, NOW, OFFICERS, Working

ANYBODY = frozenset({"anybody"})
DESK = frozenset({"operator", "dispatcher"})
DECIDES = DESK | {"coordinator"}
OVERSEES = frozenset({"coordinator", "leader", "auditor"})
SEES_DESK = DESK | OVERSEES
GRID = frozenset({"grid_worker", "grid_leader"})
STAFF = SEES_DESK | GRID | {"handler", "verifier", "mechanism_owner"}
ON_CASES = STAFF | {"property_manager"}
ON_FILES = ON_CASES | {"requester"}
LIST = {
    ANYBODY: (
        "intake_public_file intake_public_follow intake_public_dispute intake_public_again intake_public_add "
        "intake_firm_file intake_firm_policies intake_firm_decline"
    ),
    DESK: (
        "intake_city_return intake_city_reply intake_cases intake_attach intake_reopen intake_open intake_split "
        "intake_gather"
    ),
    DECIDES: (
        "intake_receive intake_divide intake_heed intake_policies intake_route intake_place intake_answer "
        "handling_record_link handling_end_link notices_retry notices_told notices_reach"
    ),
    SEES_DESK: (
        "intake_firms intake_city_orders intake_city_order intake_city_day intake_requests intake_request intake_hot "
        "notices_list joint_rulings handling_links"
    ),
    DECIDES | {"handler"}: "intake_visit_open intake_visit_issue intake_visit_answer intake_visit_close",
    SEES_DESK | {"handler"}: "intake_visits intake_visit",
    GRID: "intake_finding handling_route handling_step_at_stop",
    GRID | {"verifier", "dispatcher", "coordinator"}: "intake_finding_recheck",
    GRID | OVERSEES | {"verifier", "dispatcher"}: "intake_findings",
    OVERSEES: "intake_found_first joint_meetings joint_meeting",
    OVERSEES | {"verifier", "mechanism_owner"}: "scorecard_overview scorecard_open scorecard_stock",
    STAFF: (
        "scorecard_figures scorecard_figure scorecard_cases scorecard_periods scorecard_period scorecard_line "
        "joint_room handling_cases handling_status handling_figures handling_figure handling_disputes"
    ),
    ON_CASES: "handling_case handling_events handling_step",
    ON_FILES: (
        "attachments_request_list attachments_request_add attachments_request_file attachments_case_list "
        "attachments_case_add attachments_case_file attachments_meeting_list attachments_meeting_add "
        "attachments_meeting_file attachments_finding_list attachments_finding_file"
    ),
    DESK | {"handler", "grid_leader"}: "handling_handover handling_hand_over handling_take_over",
    SEES_DESK | {"handler", "grid_leader"}: "handling_raised",
    frozenset({"handler", "grid_leader"}): "handling_grid",
    frozenset({"coordinator"}): (
        "joint_meeting_call joint_meeting_decide joint_meeting_minute joint_meeting_accept joint_meeting_send_back "
        "joint_meeting_adopt joint_campaign_propose joint_campaign_adopt joint_campaign_measure joint_project_found"
    ),
    frozenset({"coordinator", "dispatcher", "handler"}): (
        "joint_rating_rate joint_rating_appeal joint_rating_review joint_decision_finish joint_campaign_reach"
    ),
    OVERSEES | {"dispatcher", "handler"}: "joint_ratings joint_unit_score joint_rating joint_decisions",
    frozenset({"coordinator", "handler"}): (
        "joint_project_block joint_project_pass_gate joint_project_order joint_project_note_risk"
    ),
    OVERSEES | {"handler", "mechanism_owner"}: "joint_yearly joint_yearly_cases joint_campaign joint_campaign_cases",
    OVERSEES | {"handler"}: "joint_projects joint_project",
    OVERSEES | {"dispatcher", "handler", "grid_leader"}: "joint_whistles joint_ageing",
    OVERSEES | {"dispatcher", "mechanism_owner"}: "revision_list revision_show revision_replayed",
    frozenset({"mechanism_owner"}): "revision_approve revision_refuse",
    frozenset({"auditor"}): "looks_case looks_officer",
}
"""Roles -> the operations that they, and nobody else, may call."""
MAY_CALL = {operation: roles for roles, named in LIST.items() for operation in named.split()}
UNREAD = {"no_such_parameter": "yes"}
MORE = {"property_manager": ("firm-anjia", "firm"), "requester": ("", "")}
"""Roles of nobody who works at the `Working` district: unit and its kind."""


class Door(NamedTuple):
    """The deployment, its operations by id as (method, path), and a token for each role; '' for anybody."""

    working: Working
    operations: dict[str, tuple[str, str]]
    tokens: dict[str, str]

    def status(self, role: str, operation: str) -> int:
        method, path = self.operations[operation]
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} if role else {}
        answer: Any = self.working.client.request(method, path, headers=headers, params=UNREAD)
        return int(answer.status_code)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    working = Working(tmp_path_factory.mktemp("door") / "home")
    officers = Officers(working.house.home.folder)
    tokens = {role: working.tokens[who] for who, (role, *_) in OFFICERS.items()}
    for role, (unit, kind) in MORE.items():
        account = f"{role}-of-nobody"
        officers.put(Officer(account=account, role=role, unit=unit, unit_kind=kind))  # type: ignore[arg-type]  # roles
        tokens[role] = officers.put_token(Token(account, "", NOW + 365 * DAY, id=f"t-{role}", issued_at=NOW))
    document = working.client.get("/api/v1/openapi.json").json()
    operations = {
        one["operationId"]: (method, re.sub(r"\{[^}]+\}", "0197c3e2-7b1d-7000-8000-00000000dead", path))
        for path, methods in document["paths"].items()
        for method, one in methods.items()
    }
    yield Door(working, operations, tokens)
    working.close()


def test_every_operation_is_in_the_table_and_the_table_names_no_other(door: Door) -> None:
    assert door.operations.keys() == MAY_CALL.keys()


@pytest.mark.parametrize("operation", MAY_CALL)
def test_an_operation_is_for_whom_the_table_says_and_for_nobody_else(door: Door, operation: str) -> None:
    public = MAY_CALL[operation] == ANYBODY
    let_in = {role for role in door.tokens if door.status(role, operation) != 403}
    assert let_in == (set(door.tokens) if public else MAY_CALL[operation])
    assert (door.status("", operation) == 401) != public
