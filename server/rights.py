"""Who may see and do what: one table of every route, read by the gate (desk_session.py) and by tests/server/test_rights.py.

A role is held for everything (administrator, secretariat), for a unit (coordinator, respondent, interviewer) or for a
working group (chair, member, analyst). What a route is about is told by its path: `<round_id>` a round, with its working group and
its units, `<unit>` one unit, `<pile>` and `<batch>` paper of a round, and of a unit where one handed it out. A role for a unit or a group gives access where the route is about that unit, about a round
of that group, or about a round in which that unit takes part; on routes that are about neither it is enough to have it.

A route that is not in the table is refused to everybody.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from store.accounts import GROUP_ROLES, Account, Grant, Role
from store.sessions import Stage


class Kind(StrEnum):
    """Whom a route is for at all."""

    #: Anybody, without an account: pages to answer on, to sign in on, about the service; the interface.
    PUBLIC = "public"
    #: Anybody who has signed in.
    SIGNED_IN = "signed-in"
    #: Those who have one of the roles, for what the route is about.
    ROLES = "roles"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use a route. `stages` are the stages of signing in at which it can be used. `lent`: also those who hold one of
    the roles for the unit that a batch of paper was given to, to look at its marks."""

    kind: Kind
    roles: frozenset[Role] = frozenset()
    stages: frozenset[Stage] = frozenset({Stage.FULL})
    lent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a request is about: the round's working group and units where its path names a round, the unit it names.

    `lent_to` is the unit that looks at a batch of paper in place of the one that handed out; it need not be of the round.
    """

    in_round: bool = False
    working_group: str | None = None
    units: Collection[str] = ()
    unit: str | None = None
    lent_to: str | None = None


PUBLIC = Access(Kind.PUBLIC)
SIGNED_IN = Access(Kind.SIGNED_IN)


def only(*roles: Role) -> Access:
    """For these roles."""
    return Access(Kind.ROLES, frozenset(roles))


def during(*stages: Stage) -> Access:
    """For those who are signing in, at these stages."""
    return Access(Kind.SIGNED_IN, stages=frozenset(stages))


ADMINISTRATOR = only(Role.ADMINISTRATOR)
SECRETARIAT = only(Role.SECRETARIAT)
#: Who sees that a round exists, its days and its numbers returned.
OF_THE_ROUND = only(*(set(Role) - {Role.ADMINISTRATOR}))
#: Who sees figures.
RESULTS = only(Role.SECRETARIAT, Role.CHAIR, Role.MEMBER, Role.ANALYST)
#: Who may have answers one by one, where a round gives them. A right of its own: neither secretariat nor chair has it by being that.
SINGLE_ANSWERS = only(Role.ANALYST)
#: Who reads free text and decides what of it is released, and who lets figures be made.
DECIDING = only(Role.SECRETARIAT, Role.CHAIR)

#: Who types what a unit reports.
TYPING_NUMBERS = only(Role.SECRETARIAT, Role.COORDINATOR)
#: Who hands out paper for a unit, uploads what came back and confirms it; and who looks at the marks.
PAPER = only(Role.SECRETARIAT, Role.COORDINATOR)
LOOKING_AT_MARKS = Access(Kind.ROLES, PAPER.roles, lent=True)
#: Who answers for a unit, case by case.
INTERVIEWING = only(Role.INTERVIEWER)

#: Every route by its endpoint.
ROUTES: dict[str, Access] = {
    # --- without an account
    "static": PUBLIC,
    "about.start": PUBLIC,
    "about.icon": PUBLIC,
    "about.accessibility": PUBLIC,
    "about.problem": PUBLIC,
    "about.security_contact": PUBLIC,
    "health.health": PUBLIC,
    "answering.choose_language": PUBLIC,
    "answering.qr_code": PUBLIC,
    "answering.page": PUBLIC,
    "answering.send": PUBLIC,
    "answering.thanks": PUBLIC,
    "api.submit": PUBLIC,
    "api.look_at_code": PUBLIC,
    "api.description": PUBLIC,
    # --- the tablet's app: the same for everybody
    "tablet_app.shell": PUBLIC,
    "tablet_app.turn": PUBLIC,
    "tablet_app.worker": PUBLIC,
    "tablet_app.web_manifest": PUBLIC,
    # --- tablets: their token is asked for by the routes themselves
    "tablet_api.enrol": PUBLIC,
    "tablet_api.manifest": PUBLIC,
    "tablet_api.page": PUBLIC,
    "tablet_api.contact": PUBLIC,
    "tablet_api.batch_of_tablet": PUBLIC,
    "tablet_api.batch_of_anybody": PUBLIC,
    "sign_in.form": PUBLIC,
    "sign_in.sign_in": PUBLIC,
    "sign_in.language": PUBLIC,
    "identity_provider.begin_sign_in": PUBLIC,
    "identity_provider.callback": PUBLIC,
    # --- mail that went to a folder, where Svarboks is tried out; not there anywhere else
    "mailbox.overview": PUBLIC,
    "mailbox.message": PUBLIC,
    # --- mailed links, and asking for one
    "joining.welcome": PUBLIC,
    "joining.choose_password": PUBLIC,
    "joining.forgotten": PUBLIC,
    "joining.send_link": PUBLIC,
    # --- the first account, while there is none
    "first_account.form": PUBLIC,
    "first_account.keep": PUBLIC,
    # --- one's own
    "sign_in.sign_out": Access(Kind.SIGNED_IN, stages=frozenset(Stage)),
    "sign_in.code_form": during(Stage.SECOND_FACTOR),
    "sign_in.check_code": during(Stage.SECOND_FACTOR),
    "own_account.second_factor": during(Stage.SET_UP, Stage.FULL),
    "own_account.keep_second_factor": during(Stage.SET_UP, Stage.FULL),
    "own_account.overview": SIGNED_IN,
    "own_account.set_mail_language": SIGNED_IN,
    "own_account.password_form": SIGNED_IN,
    "own_account.change_password": SIGNED_IN,
    "own_account.ask_for_codes": SIGNED_IN,
    "own_account.make_codes": SIGNED_IN,
    "own_account.ask_to_remove": SIGNED_IN,
    "own_account.remove_second_factor": SIGNED_IN,
    "own_account.end_session": SIGNED_IN,
    "own_account.end_other_sessions": SIGNED_IN,
    "desk.home": SIGNED_IN,
    # --- accounts
    "accounts.overview": ADMINISTRATOR,
    "accounts.new_form": ADMINISTRATOR,
    "accounts.add": ADMINISTRATOR,
    "accounts.edit_form": ADMINISTRATOR,
    "accounts.change": ADMINISTRATOR,
    "accounts.invite_again": ADMINISTRATOR,
    "accounts.ask_to_close": ADMINISTRATOR,
    "accounts.close": ADMINISTRATOR,
    "accounts.open_again": ADMINISTRATOR,
    "accounts.ask_to_take_factor": ADMINISTRATOR,
    "accounts.take_factor": ADMINISTRATOR,
    "working_groups.overview": ADMINISTRATOR,
    "working_groups.add": ADMINISTRATOR,
    "working_groups.rename": ADMINISTRATOR,
    # --- mail on its way out
    "mail.outbox": ADMINISTRATOR,
    "mail.try_all_again": ADMINISTRATOR,
    "mail.try_again": ADMINISTRATOR,
    "mail.ask_to_give_up": ADMINISTRATOR,
    "mail.give_up": ADMINISTRATOR,
    # --- the audit log
    "audit.page": only(Role.ADMINISTRATOR, Role.SECRETARIAT),
    # --- rounds
    "desk.round_page": OF_THE_ROUND,
    # --- setting rounds up, trying them out, and their course
    "round_setup.new": SECRETARIAT,
    "round_setup.create": SECRETARIAT,
    "round_setup.edit": SECRETARIAT,
    "round_setup.save": SECRETARIAT,
    "test_mode.fill": SECRETARIAT,
    "test_mode.ask_to_empty": SECRETARIAT,
    "test_mode.empty": SECRETARIAT,
    "test_mode.make_report": SECRETARIAT,
    "test_mode.report": SECRETARIAT,
    "test_mode.report_as_page": SECRETARIAT,
    "test_mode.chart": SECRETARIAT,
    "test_mode.report_pdf": SECRETARIAT,
    "test_mode.tables": SECRETARIAT,
    "round_course.ask_to_open": SECRETARIAT,
    "round_course.open_round": SECRETARIAT,
    "round_course.ask_for_days": SECRETARIAT,
    "round_course.set_days": SECRETARIAT,
    "round_course.ask_to_close": SECRETARIAT,
    "round_course.close": SECRETARIAT,
    "round_course.ask_for_rules": SECRETARIAT,
    "round_course.set_rules": SECRETARIAT,
    "round_course.ask_for_unit": SECRETARIAT,
    "round_course.add_unit": SECRETARIAT,
    "round_course.ask_to_cancel": SECRETARIAT,
    "round_course.cancel": SECRETARIAT,
    "round_course.ask_for_late_mix": SECRETARIAT,
    "round_course.order_late_mix": SECRETARIAT,
    "round_course.ask_for_edition": DECIDING,
    "round_course.make_edition": DECIDING,
    # --- the units of a round: their numbers, their returns, interviews for them, reminders
    "board.numbers": TYPING_NUMBERS,
    "board.keep_numbers": TYPING_NUMBERS,
    # --- sheets of paper: printing, and what came back
    "sheets.page": PAPER,
    "sheets.print_sheets": PAPER,
    "paper_review.page": LOOKING_AT_MARKS,
    "paper_review.keep": LOOKING_AT_MARKS,
    "paper_review.image": LOOKING_AT_MARKS,
    "typed_sheets.choose": PAPER,
    "typed_sheets.page": PAPER,
    "typed_sheets.page_without_unit": PAPER,
    "typed_sheets.keep_without_unit": PAPER,
    "typed_sheets.keep": PAPER,
    "returns.page": only(Role.RESPONDENT, Role.SECRETARIAT),
    "returns.keep": only(Role.RESPONDENT),
    "unit_answering.choose_language": INTERVIEWING,
    "unit_answering.page": INTERVIEWING,
    "unit_answering.send": INTERVIEWING,
    "unit_answering.thanks": INTERVIEWING,
    "reminders.page": SECRETARIAT,
    "reminders.send_reminders": SECRETARIAT,
    # --- paper that comes back
    "batches.of_round": PAPER,
    "batches.pile_page": PAPER,
    "batches.begin": PAPER,
    "batches.begin_of_round": PAPER,
    "batches.page": LOOKING_AT_MARKS,
    "batches.state": LOOKING_AT_MARKS,
    "batches.add_files": PAPER,
    "batches.remove_file": PAPER,
    "batches.all_sent": PAPER,
    "batches.ask_to_void": PAPER,
    "batches.void": PAPER,
    "batches.move": PAPER,
    "batches.give_review": PAPER,
    "batches.accept": PAPER,
    "batch_findings.settle": LOOKING_AT_MARKS,
    "batch_findings.settle_all": LOOKING_AT_MARKS,
    "batch_findings.picture": LOOKING_AT_MARKS,
    # --- tablets, and what lies in quarantine
    "tablets.overview": TYPING_NUMBERS,
    "tablets.choose_unit": TYPING_NUMBERS,
    "tablets.new_form": TYPING_NUMBERS,
    "tablets.add": TYPING_NUMBERS,
    "tablets.page": TYPING_NUMBERS,
    "tablets.change": TYPING_NUMBERS,
    "tablets.make_code": TYPING_NUMBERS,
    "tablets.ask_to_withdraw": TYPING_NUMBERS,
    "tablets.withdraw": TYPING_NUMBERS,
    "tablets.receive_file": TYPING_NUMBERS,
    "quarantine.overview": SECRETARIAT,
    "quarantine.let_in": SECRETARIAT,
    "quarantine.ask_to_delete": SECRETARIAT,
    "quarantine.delete": SECRETARIAT,
    # --- units and areas
    "units.overview": SECRETARIAT,
    "units.page": SECRETARIAT,
    "units.new": SECRETARIAT,
    "units.add": SECRETARIAT,
    "units.edit": SECRETARIAT,
    "units.change": SECRETARIAT,
    "units.add_membership": SECRETARIAT,
    "units.end_membership": SECRETARIAT,
    "units.areas": SECRETARIAT,
    "units.units_csv": SECRETARIAT,
    "units.areas_csv": SECRETARIAT,
    "units.memberships_csv": SECRETARIAT,
    "unit_import.form": SECRETARIAT,
    "unit_import.upload": SECRETARIAT,
    "unit_import.preview": SECRETARIAT,
    "unit_import.keep": SECRETARIAT,
    "unit_import.remove": SECRETARIAT,
    # --- questionnaires
    "questionnaires.shelf": SECRETARIAT,
    "questionnaires.page": SECRETARIAT,
    "questionnaires.compare": SECRETARIAT,
    "questionnaires.preview_version": SECRETARIAT,
    "questionnaires.preview_library": SECRETARIAT,
    "questionnaires.document": SECRETARIAT,
    "publishing.library_page": SECRETARIAT,
    "publishing.publish_from_library": SECRETARIAT,
    "publishing.upload_form": SECRETARIAT,
    "publishing.upload": SECRETARIAT,
    "publishing.review": SECRETARIAT,
    "publishing.correct": SECRETARIAT,
    "publishing.remove": SECRETARIAT,
    "publishing.preview_upload": SECRETARIAT,
    "publishing.publish": SECRETARIAT,
    # --- planning
    "planning.uncertainty": OF_THE_ROUND,
    # --- letters of an invited round
    "invitations.page": SECRETARIAT,
    "invitations.make": SECRETARIAT,
    "invitations.keep_sent": SECRETARIAT,
    "invitations.keep_text": SECRETARIAT,
    "invitations.merge_file": SECRETARIAT,
    "invitations.letters_file": SECRETARIAT,
    # --- results
    "results.page": RESULTS,
    "results.chart": RESULTS,
    "results.archive": RESULTS,
    "results.report": RESULTS,
    "results.tables": RESULTS,
    "results.dataset": RESULTS,
    "results.method": RESULTS,
    "results.method_file": RESULTS,
    # --- what went to the working group
    "deliveries.page": DECIDING,
    "deliveries.again": DECIDING,
    "results.single_answers": SINGLE_ANSWERS,
    "texts.page": DECIDING,
    "texts.decide_texts": DECIDING,
}


def allowed(account: Account, access: Access, place: Place) -> bool:
    """Whether an account may use a route for what the request is about."""
    if access.kind is not Kind.ROLES:
        return True
    return any(
        _reaches(grant, place) or (access.lent and place.lent_to and grant.unit == place.lent_to)
        for grant in account.grants
        if grant.role in access.roles
    )


def _reaches(grant: Grant, place: Place) -> bool:
    if grant.role in {Role.ADMINISTRATOR, Role.SECRETARIAT}:
        return True
    if grant.role in GROUP_ROLES:
        # A unit alone belongs to no working group.
        return place.working_group == grant.working_group if place.in_round else place.unit is None
    if place.unit is not None and place.unit != grant.unit:
        return False
    return not place.in_round or grant.unit in place.units
