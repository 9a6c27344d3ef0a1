"""Setting a round up at the desk, on one page.

R1  The page comes filled in: saved as it is, with the notice read, it makes a planned round that waits for a person, and
    its test round.
R2  What is wrong is said beside its field and in a list; all that was typed stays; nothing is kept.
R3  Without a published questionnaire the page says to publish one first.
R4  A planned round is set up anew on the same page; the test follows; the approval is taken back; a round that has opened
    is not changed.
R5  Another questionnaire, and fewer units to choose among, are shown without script and without losing what was typed.
R6  Each step is in the audit log with old and new values.
R7  An invited round is answered on the web only; a new collection is made under the name that was typed.
"""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from forms.units import Area, Membership
from server.app import create_app
from server.round_plan import NOTICE_FIELDS
from store import audit, round_collections, round_units, rounds, test_rounds, units
from store.database import create_store
from store.rounds import Interim, Round, RoundState
from tests.server.installation import NOW, World

NEW = "/desk/rounds/new"


def token_of(client: FlaskClient) -> str:
    found = re.search(r'name="token" value="([0-9a-f]+)"', client.get("/desk").text)
    assert found is not None
    return found[1]


def fields_of(html: str) -> MultiDict[str, str]:
    """What a browser would send of the page's own form, without its buttons."""
    form = html[html.index('class="setup"') :].split("</form>", maxsplit=1)[0]
    found: MultiDict[str, str] = MultiDict()
    for tag in re.findall(r"<input[^>]*>", form):
        values = {name: unescape(value) for name, value in re.findall(r'(\w+)="([^"]*)"', tag)}
        if values.get("type") in {"radio", "checkbox"} and " checked" not in tag:
            continue
        found.add(values["name"], values.get("value", ""))
    for name, text in re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>\n?(.*?)</textarea>', form, re.S):  # fmt: skip
        found.add(name, unescape(text))
    for name, options in re.findall(r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(
            r'value="([^"]*)"', options
        )
        assert chosen is not None
        found.add(name, chosen[1])
    return found


def filled_in(client: FlaskClient, path: str = NEW, **changes: Any) -> MultiDict[str, str]:
    """The page as it comes, the notice read, with some fields typed over."""
    response = client.get(path)
    assert response.status_code == 200
    typed = fields_of(response.text)
    typed["notice_read"] = "yes"
    typed["do"] = "save"
    for name, value in changes.items():
        typed.setlist(name, value if isinstance(value, list) else [value])
    return typed


def made_by(
    world: World, client: FlaskClient, questionnaire: str = "open", **changes: Any
) -> Round:
    """A round set up on the page, of the same questionnaire as one that the installation has."""
    path = f"{NEW}?version={world.rounds[questionnaire].version}"
    response = client.post(NEW, data=filled_in(client, path, **changes))
    assert response.status_code == 303, faults_in(response.text)
    found = re.search(r"/desk/rounds/(\w+)\?told=set-up", response.headers["Location"])
    assert found is not None
    return rounds.read(world.store.main, found[1])


def faults_in(html: str) -> dict[str, str]:
    """{field: message} as they stand beside the fields."""
    return dict(re.findall(r'class="form-error-message" id="(\w+)-error">([^<]*)<', html))


def test_saved_as_it_comes_R1(world: World) -> None:
    client = world.signed_in("secretariat")
    made = made_by(world, client)
    assert (made.state, made.approved, made.test_of) == (RoundState.PLANNED, False, None)
    assert made.answer_until.isoformat() == "2026-12-20T11:00:00+00:00"
    assert made.receive_until - made.answer_until == timedelta(weeks=3)
    assert (made.smallest_group, made.ceiling, made.access) == (5, 100_000, "public")
    assert made.channels == ("web", "tablet", "paper", "typed")
    assert set(made.privacy_notice["da"]) == set(NOTICE_FIELDS)
    assert "Region Eksempel er dataansvarlig" in made.privacy_notice["da"]["controller"]
    test = test_rounds.of_round(world.store.main, made.id)
    assert test is not None
    assert (test.test_of, test.approved, test.versions) == (made.id, True, made.versions)
    assert test.id not in {one.id for one in rounds.listed(world.store.main)}


def test_how_paper_and_tablets_are_handled_R1(world: World) -> None:
    client = world.signed_in("secretariat")
    usual = made_by(world, client)
    assert (usual.scan_days, usual.second_share, usual.typed_twice) == (30, 5, False)
    made = made_by(
        world, client, scan_days="10", second_share="100", typed_twice="yes", turn_minutes="45"
    )
    assert (made.scan_days, made.second_share, made.typed_twice) == (10, 100, True)
    assert made.turn_minutes == 45
    test = test_rounds.of_round(world.store.main, made.id)
    assert test is not None
    assert (test.scan_days, test.second_share, test.typed_twice) == (10, 100, True)
    page = client.get(f"/desk/rounds/{made.id}/edit").text
    assert re.search(r'id="typed_twice-yes"[^>]* checked', page)
    wrong = filled_in(client, NEW, scan_days="31", second_share="101", turn_minutes="4")
    said = faults_in(client.post(NEW, data=wrong).text)
    assert set(said) == {"scan_days", "second_share", "turn_minutes"}


def test_whether_analysts_have_the_answers_one_by_one_R1(world: World) -> None:
    client = world.signed_in("secretariat")
    assert not made_by(world, client).single_answers
    # The template's words on who sees the answers follow, and are read before they are kept.
    path = f"{NEW}?version={world.rounds['open'].version}"
    refused = client.post(NEW, data=filled_in(client, path, single_answers="yes"))
    assert refused.status_code == 422
    assert set(faults_in(refused.text)) == {"notice_read"}
    again = fields_of(refused.text)
    assert "notice_read" not in again
    assert "ét for ét" in again["notice_da_recipients"]
    assert "one by one" in again["notice_en_recipients"]
    again["notice_read"], again["do"] = "yes", "save"
    kept = client.post(NEW, data=again)
    assert kept.status_code == 303, faults_in(kept.text)
    made = rounds.read(world.store.main, kept.headers["Location"].split("/")[-1].split("?")[0])
    assert made.single_answers
    assert "ét for ét" in made.privacy_notice["da"]["recipients"]
    assert made.gives_single_answers
    page = client.get(f"/desk/rounds/{made.id}/edit").text
    assert re.search(r'id="single_answers-yes"[^>]* checked', page)
    test = test_rounds.of_round(world.store.main, made.id)
    assert test is not None
    assert test.single_answers  # so that its pages say what the real ones will say
    assert not test.gives_single_answers
    # Taken back, the words are too; a text of one's own is left as it is.
    back = filled_in(client, f"/desk/rounds/{made.id}/edit")
    back.poplist("single_answers")
    back["notice_en_recipients"] = "Our own words."
    shown = fields_of(client.post(f"/desk/rounds/{made.id}/edit", data=back).text)
    assert "ét for ét" not in shown["notice_da_recipients"]
    assert shown["notice_en_recipients"] == "Our own words."


def test_when_the_report_is_delivered_R1(world: World) -> None:
    client = world.signed_in("secretariat")
    assert made_by(world, client).interim is Interim.NONE
    made = made_by(world, client, interim="weekly")
    assert made.interim is Interim.WEEKLY
    page = client.get(f"/desk/rounds/{made.id}/edit").text
    assert re.search(r'id="interim-weekly"[^>]* checked', page)
    changed = filled_in(client, f"/desk/rounds/{made.id}/edit", interim="monthly")
    assert client.post(f"/desk/rounds/{made.id}/edit", data=changed).status_code == 303
    assert rounds.read(world.store.main, made.id).interim is Interim.MONTHLY
    wrong = filled_in(client, NEW, interim="hourly")
    assert set(faults_in(client.post(NEW, data=wrong).text)) == {"interim"}


def test_only_the_secretariat_R1(world: World) -> None:
    for who in ("chair", "member", "coordinator", "administrator"):
        assert world.signed_in(who).get(NEW).status_code == 403


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"notice_read": ""}, {"notice_read"}),
        ({"notice_da_purpose": "  "}, {"notice_da_purpose"}),
        ({"answer_day": "i morgen"}, {"answer_day"}),
        ({"answer_day": "2026-11-01"}, {"answer_day"}),
        ({"receive_day": "2026-12-01"}, {"receive_day"}),
        ({"opens": "day", "opens_day": "2026-12-24"}, {"answer_day"}),
        ({"opens": "day", "opens_day": "2026-11-21"}, {"opens_day"}),
        ({"opens": "never"}, {"opens"}),
        ({"smallest_group": "4", "ceiling": "mange"}, {"smallest_group", "ceiling"}),
        ({"smallest_group": "", "ceiling": ""}, {"smallest_group", "ceiling"}),
        ({"survey": "sample", "population": ""}, {"population"}),
        ({"languages": [], "channels": []}, {"languages", "channels"}),
        ({"units_by": "chosen"}, {"units"}),
        ({"units_by": "chosen", "units": ["nowhere"]}, {"units"}),
        ({"units_by": "areas"}, {"areas"}),
        ({"collection": "~new", "new_collection": " "}, {"new_collection"}),
        ({"collection": "nothing"}, {"collection"}),
        ({"working_group": "nobody"}, {"working_group"}),
        ({"access": "secret"}, {"access"}),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_R2(
    world: World, changes: dict[str, Any], expected: set[str]
) -> None:
    with world.store.write() as db:
        units.keep_areas(db, [Area(id="fyn", name="Fyn", kind="sof")])
    client = world.signed_in("secretariat")
    before = len(rounds.listed(world.store.main, with_tests=True))
    typed = filled_in(client, title_da="Min egen <titel>", **changes)
    response = client.post(NEW, data=typed)
    assert response.status_code == 422
    listed = set(re.findall(r'<li><a href="#(\w+)"', response.text))
    assert listed == expected
    beside = set(faults_in(response.text))
    assert beside == expected - {"opens", "access"}
    assert all(f'id="{name}"' in response.text for name in expected)
    again = fields_of(response.text)
    for name in typed:
        if name not in {
            "do",
            "notice_read",
            "units",
            "collection",
            "working_group",
            "opens",
            "access",
        }:
            # A browser turns the lines of a long text into CR LF; the page gives them back as they were.
            assert [v.strip() for v in again.getlist(name)] == [v.strip() for v in typed.getlist(name)], name  # fmt: skip
    assert len(rounds.listed(world.store.main, with_tests=True)) == before


def test_all_faults_at_once_R2(world: World) -> None:
    client = world.signed_in("secretariat")
    typed = filled_in(
        client, title_da="", answer_day="", smallest_group="1", notice_read="", notice_ar_rights=""
    )
    response = client.post(NEW, data=typed)
    assert set(faults_in(response.text)) == {
        "title_da", "answer_day", "smallest_group", "notice_read", "notice_ar_rights",
    }  # fmt: skip
    assert '<details class="notice-language" open' in response.text
    assert client.post(NEW, data={"token": token_of(client)}).status_code == 200
    nothing = {"token": token_of(client), "do": "save"}
    assert client.post(NEW, data=nothing).status_code == 422


def test_without_a_questionnaire_R3(tmp_path: Path) -> None:
    from server.settings import from_environment
    from tests.server.installation import _add_people

    settings = from_environment(
        {"SVARBOKS_DATA": str(tmp_path / "data"), "SVARBOKS_SECOND_FACTOR": "offered"}
    )
    create_store(settings.data).close()
    app = create_app(settings, clock=lambda: NOW)
    _add_people(app.extensions["svarboks"].store)
    world = World(app, app.extensions["svarboks"].store, settings, None)  # type: ignore[arg-type]
    response = world.signed_in("secretariat").get(NEW)
    assert response.status_code == 200
    assert 'href="/desk/questionnaires"' in response.text
    app.extensions["svarboks"].close()


def test_a_planned_round_is_set_up_anew_R4(world: World) -> None:
    client = world.signed_in("secretariat")
    made = made_by(world, client, units_by="chosen", units=["assens"], opens="day", opens_day="2026-12-01")  # fmt: skip
    test = test_rounds.of_round(world.store.main, made.id)
    assert test is not None
    edit = f"/desk/rounds/{made.id}/edit"
    approve = {"token": token_of(client), "do": "approve"}
    assert client.post(f"/desk/rounds/{made.id}/open", data=approve).status_code == 303
    assert rounds.read(world.store.main, made.id).approved

    typed = filled_in(client, edit, title_da="Et nyt navn")
    assert (typed["opens"], typed["opens_day"], typed["units"]) == ("day", "2026-12-01", "assens")
    assert client.post(edit, data=typed).status_code == 303
    changed = rounds.read(world.store.main, made.id)
    assert (changed.title["da"], changed.approved) == ("Et nyt navn", False)
    follows = test_rounds.of_round(world.store.main, made.id)
    assert follows is not None
    assert (follows.id, follows.title["da"]) == (test.id, "Et nyt navn")

    typed = filled_in(client, edit, units=["assens", "nyborg"], smallest_group="8")
    assert client.post(edit, data=typed).status_code == 303
    assert round_units.ids(world.store.main, made.id) == {"assens", "nyborg"}
    other = test_rounds.of_round(world.store.main, made.id)
    assert other is not None
    assert (other.id != test.id, other.smallest_group) == (True, 8)
    assert round_units.ids(world.store.main, other.id) == {"assens", "nyborg"}
    assert rounds.find(world.store.main, test.id) is None

    typed = filled_in(client, edit, smallest_group="5", units_by="none")
    assert client.post(edit, data=typed).status_code == 303
    assert rounds.read(world.store.main, made.id).smallest_group == 5
    assert round_units.ids(world.store.main, made.id) == set()


def test_a_round_that_has_opened_is_not_changed_R4(world: World) -> None:
    client = world.signed_in("secretariat")
    made = made_by(world, client)
    typed = filled_in(client, f"/desk/rounds/{made.id}/edit", title_da="Andet")
    assert client.get("/desk/rounds/open1/edit").headers["Location"].startswith("/desk/rounds/open1?told=not-now")  # fmt: skip
    response = client.post("/desk/rounds/open1/edit", data=typed)
    assert response.headers["Location"].startswith("/desk/rounds/open1?told=not-now")
    assert rounds.read(world.store.main, "open1").title["da"] == "Runde open"


def test_another_questionnaire_without_script_R5(world: World) -> None:
    client = world.signed_in("secretariat")
    kinds = world.rounds["kinds"].version
    iv = world.rounds["open"].version
    first = filled_in(client, f"{NEW}?version={iv}", title_en="My own title", contact_da="Ring 1", smallest_group="9")  # fmt: skip
    assert first["version"] == iv
    first["questionnaire"], first["do"] = kinds, "change"
    response = client.post(NEW, data=first)
    assert response.status_code == 200
    second = fields_of(response.text)
    assert second["version"] == kinds
    assert second["title_da"] == "Alle slags spørgsmål"
    assert (second["title_en"], second["contact_da"], second["smallest_group"]) == ("My own title", "Ring 1", "9")  # fmt: skip
    assert second.getlist("languages") == ["da", "en", "ar"]
    assert client.post(NEW, data={**first, "version": "0" * 64}).status_code == 400


def test_fewer_units_without_script_R5(world: World) -> None:
    from forms.units import Unit

    with world.store.write() as db:
        units.keep_units(db, [Unit(id=f"u{n}", name=f"Enhed {n}", kind="ward") for n in range(40)])
    client = world.signed_in("secretariat")
    typed = filled_in(client, units_by="chosen", units=["assens"], unit_filter="enhed 3")
    typed["do"] = "filter"
    html = client.post(NEW, data=typed).text
    shown = re.findall(r'name="units" value="(\w+)"', html)
    assert set(shown) == {"assens", "u3", *(f"u3{n}" for n in range(10))}
    assert fields_of(html).getlist("units") == ["assens"]


def test_all_units_of_an_area_R5(world: World) -> None:
    with world.store.write() as db:
        units.keep_areas(db, [Area(id="fyn", name="Fyn", kind="sof")])
        units.keep_memberships(
            db, [Membership(unit=unit, area="fyn", from_day=None, until_day=None) for unit in ("assens", "nyborg")]
        )  # fmt: skip
    made = made_by(world, world.signed_in("secretariat"), units_by="areas", areas=["fyn"])
    assert round_units.ids(world.store.main, made.id) == {"assens", "nyborg"}


def test_the_audit_log_R6(world: World) -> None:
    client = world.signed_in("secretariat")
    made = made_by(world, client)
    edit = f"/desk/rounds/{made.id}/edit"
    typed = filled_in(client, edit, ceiling="2.000", title_da="Nyt")
    assert client.post(edit, data=typed).status_code == 303
    second, first = audit.listed(world.store.main, subject=f"round:{made.id}")
    assert (first.action, second.action) == ("round set up", "round changed")
    assert first.details["ceiling"] == 100_000
    assert second.details["ceiling"] == [100_000, 2000]
    assert second.details["title"][1]["da"] == "Nyt"
    assert "smallest_group" not in second.details
    assert re.fullmatch("[0-9a-f]{64}", first.details["privacy_notice"])


def test_invited_and_a_new_collection_R7(world: World) -> None:
    client = world.signed_in("secretariat")
    made = made_by(
        world, client, access="invited", collection="~new", new_collection="Årets målinger på Ærø"
    )
    assert (made.access, made.channels) == ("invited", ("web",))
    assert made.collection == "aarets-maalinger-paa-aeroe"
    titles = {one.id: one.title for one in round_collections.listed(world.store.main)}
    assert titles[made.collection]["da"] == "Årets målinger på Ærø"
    again = made_by(world, client, collection="~new", new_collection="Årets målinger på Ærø")
    assert again.collection == "aarets-maalinger-paa-aeroe-2"
