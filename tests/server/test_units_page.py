"""Units at the desk.

R1  The register: searched by any spelling, by kind, region and area, fifty on a page; one unit with its areas over time,
    coordinators and rounds; areas on a chosen day.
R2  Files are shown before they are kept: what is new, what changes field by field, how many rows change nothing; all
    faults with file, place and remedy. Nothing is kept before Import, and Import is audited.
R3  Who changed the units meanwhile makes the preview be made again, and it says so.
R4  An upload is its owner's alone. File names are not kept. Not UTF-8 is named.
R5  What is exported is imported again without a change.
R6  One unit is added and corrected, one membership added and ended, without a file; faults stand beside their fields.
"""

from __future__ import annotations

import io
import random
import re
from datetime import date, timedelta
from importlib.resources import files

from flask.testing import FlaskClient

from forms.units import Membership, Unit
from server.scheduler import Scheduler
from server.unit_register import PAGE_SIZE
from store import audit, units
from tests.server.installation import World
from tests.server.test_questionnaires_page import in_english, token

UNITS = "/desk/units"
HEAD = "id,name,kind,region,alternative_names\n"
AREAS = "id,name,region,kind\nwest,Vest,syddanmark,cluster\neast,Øst,syddanmark,cluster\n"


def bring(client: FlaskClient, *texts: str | bytes) -> str:
    """Choose files; the address of their preview."""
    response = choose(client, *texts)
    assert response.status_code == 303, response.text
    return str(response.headers["Location"])


def choose(client: FlaskClient, *texts: str | bytes):  # type: ignore[no-untyped-def]
    parts = [text.encode() if isinstance(text, str) else text for text in texts]
    return client.post(
        f"{UNITS}/import",
        data={
            "token": token(client),
            "file": [(io.BytesIO(part), f"secret-{n}.csv") for n, part in enumerate(parts)],
        },
        content_type="multipart/form-data",
    )


def keep(client: FlaskClient, at: str):  # type: ignore[no-untyped-def]
    seen = re.search(r'name="seen" value="(\w+)"', client.get(at).text)
    assert seen is not None
    return client.post(at, data={"token": token(client), "seen": seen[1]})


def actions(world: World) -> list[str]:
    return [one.action for one in audit.listed(world.store.main) if one.action != "signed in"]


def words_of(html: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", html).split())


def test_the_register_R1(world: World) -> None:
    many = [Unit(id=f"u{n}", name=f"Enhed {n:03}", kind="clinic") for n in range(400)]
    many.append(Unit(id="aarhus", name="Aarhus", kind="municipality", region="mj", alternative_names=("Århus",)))  # fmt: skip
    with world.store.write() as db:
        units.keep_units(db, many)
    client = in_english(world)
    html = client.get(UNITS).text
    assert html.count('scope="row"') == PAGE_SIZE
    assert "Page 1 of 9" in html
    assert client.get(f"{UNITS}?page=9").text.count('scope="row"') == 404 - 8 * PAGE_SIZE
    for query, number in (
        ("q=ÅRHUS", 1),
        ("kind=municipality", 4),
        ("region=mj", 1),
        ("q=enhed 01&kind=clinic", 10),
    ):
        html = client.get(f"{UNITS}?{query}").text
        assert html.count('scope="row"') == number, query
        assert f"{number} of 404 units" in html
    assert "No unit is called that" in client.get(f"{UNITS}?q=nowhere").text
    assert "page=2&amp;" not in html or "q=enhed" in html


def test_one_unit_and_the_areas_R1(world: World) -> None:
    client = in_english(world)
    keep(
        client,
        bring(
            client,
            AREAS,
            "unit,area,from,until\nassens,west,,2025-12-31\nassens,east,2026-01-01,\n",
        ),
    )
    html = words_of(client.get(f"{UNITS}/unit/assens").text)
    assert "Coordinator" in html
    assert "Round open" in html
    assert "Round other" not in html
    assert html.index("Øst 1 January 2026 until further notice Now") < html.index(
        "Vest always 31 December 2025 Past"
    )
    assert client.get(f"{UNITS}/unit/nowhere").status_code == 404
    for day, area, other in (("2025-12-31", "west", "east"), ("2026-01-01", "east", "west")):
        html = client.get(f"{UNITS}/areas?day={day}").text
        with_units = html.split(f'id="area-{area}"')[1].split('class="shelf-item"')[0]
        without = html.split(f'id="area-{other}"')[1].split('class="shelf-item"')[0]
        assert "Assens" in with_units
        assert "Assens" not in without
    assert "This is not a day" in client.get(f"{UNITS}/areas?day=yesterday").text


def test_the_preview_changes_nothing_R2(world: World) -> None:
    client = in_english(world)
    at = bring(
        client,
        "id;name;kind;region;alternative_names\nassens;Assens By;municipality;;Assens Kommune\nbillund;Billund;municipality;;\nny;Ny Klinik;clinic;;\n",
        AREAS,
        "unit,area,from,until\nny,west,01-02-2026,\n",
    )
    html = words_of(client.get(at).text)
    assert "Assens By Name Assens Assens By" in html
    assert "Assens By Other spellings – Assens Kommune" in html
    assert "Ny Klinik ny" in html
    assert "Ny Klinik – Vest, 1 February 2026 – until further notice" in html
    assert "1 row says what is kept already." in html
    assert units.find(world.store.main, "ny") is None
    assert actions(world) == []
    assert keep(client, at).headers["Location"] == f"{UNITS}?told=imported#told"
    assert units.resolve(world.store.main, "assens kommune") is not None
    assert units.memberships(world.store.main, "ny")[0].from_day == date(2026, 2, 1)
    [entry] = [one for one in audit.listed(world.store.main) if one.action == "units imported"]
    assert entry.details == {
        "new units": 1,
        "changed units": 1,
        "new areas": 2,
        "new memberships": 1,
    }
    assert client.get(at).status_code == 404
    again = bring(client, AREAS)
    assert "Nothing: all of it is kept already." in client.get(again).text
    assert 'name="seen"' not in client.get(again).text


def test_every_fault_of_every_file_R2(world: World) -> None:
    client = in_english(world)
    at = bring(
        client,
        HEAD + "a b,A,clinic,,\nny,Ny,school,,Nyborg\n",
        "what,is,this\n",
        "unit,area,from,until\nassens,moon,,\nassens,moon,31/12,\n",
    )
    html = words_of(client.get(at).text)
    assert "faults: nothing can be imported before they are mended" in html
    for said in (
        "1 row 2, column id “a b” is not an id.",
        "1 row 3, column kind “school” is not a kind that is known.",
        "1 row 3, column alternative_names “nyborg” already means the unit nyborg.",
        "2 row 1 The first row does not say what the file holds.",
        "3 row 2, column area There is no area with the id moon.",
        "3 row 3, column from “31/12” is not a day.",
    ):
        assert said in html, said
    assert 'name="seen"' not in client.get(at).text
    assert client.post(at, data={"token": token(client), "seen": "0"}).status_code == 409
    danish = words_of(world.signed_in("secretariat").get(at).text)
    assert "række 3, kolonne kind “school” er ikke en kendt type." in danish
    assert [one.id for one in units.listed(world.store.main)] == ["assens", "billund", "nyborg"]


def test_a_membership_that_overlaps_what_is_kept_R2(world: World) -> None:
    client = in_english(world)
    keep(client, bring(client, AREAS, "unit,area,from,until\nassens,west,,\n"))
    html = client.get(bring(client, "unit,area,from,until\nassens,west,2027-01-01,\n")).text
    assert "assens already belongs to west on some of these days." in html
    at = bring(client, "unit,area,from,until\nassens,west,,2026-12-31\n")
    assert "Last day until further notice 2026-12-31" in words_of(client.get(at).text)
    assert keep(client, at).status_code == 303


def test_spellings_pass_from_one_unit_to_another_R2(world: World) -> None:
    client = in_english(world)
    keep(client, bring(client, HEAD + "assens,Assens,municipality,,Øen\n"))
    keep(
        client,
        bring(client, HEAD + "billund,Billund,municipality,,Øen\nassens,Assens,municipality,,\n"),
    )
    found = units.resolve(world.store.main, "øen")
    assert found is not None
    assert found.id == "billund"


def test_changed_meanwhile_R3(world: World) -> None:
    client = in_english(world)
    at = bring(client, HEAD + "ny,Ny,clinic,,\n")
    seen = re.search(r'name="seen" value="(\w+)"', client.get(at).text)
    assert seen is not None
    with world.store.write() as db:
        units.keep_units(db, [Unit(id="assens", name="Assens!", kind="municipality")])
    response = client.post(at, data={"token": token(client), "seen": seen[1]})
    assert response.status_code == 409
    assert "Somebody has changed the units since you saw this" in response.text
    assert units.find(world.store.main, "ny") is None
    assert keep(client, at).status_code == 303
    assert units.find(world.store.main, "ny") is not None


def test_uploads_are_private_R4(world: World) -> None:
    client = in_english(world)
    at = bring(client, HEAD)
    assert at in client.get(f"{UNITS}/import").text
    kept = world.store.main.execute("SELECT * FROM upload").fetchone()
    assert "secret" not in str(kept)
    with world.store.write() as db:
        db.execute(
            "UPDATE upload SET account = (SELECT id FROM account WHERE email LIKE 'chair@%')"
        )
    assert client.get(at).status_code == 404
    latin = choose(client, (HEAD + "ærø,Ærø,municipality,,\n").encode("latin-1"))
    assert (latin.status_code, latin.mimetype) == (422, "text/html")
    assert "The file is saved as Latin-1" in latin.text
    assert "secret" not in latin.text
    assert choose(client, HEAD.encode("utf-16")).status_code == 422
    assert client.post(f"{UNITS}/import", data={"token": token(client)}).status_code == 422
    assert "Choose at most ten." in choose(client, *[HEAD] * 11).text


def test_uploads_are_removed_after_a_week_R4(world: World) -> None:
    bring(in_english(world), HEAD)
    tick = Scheduler(world.store, world.keys, "test", lambda: world.now, random.Random(1)).tick
    for days, left in ((6, 1), (2, 0)):
        world.now += timedelta(days=days)
        assert tick()
        assert world.store.main.execute("SELECT count(*) FROM upload").fetchone()[0] == left


def test_export_and_import_again_R5(world: World) -> None:
    client = in_english(world)
    data = files("store").joinpath("data")
    shipped = [
        data.joinpath(f"{name}-{region}.csv").read_text(encoding="utf-8")
        for name in ("units", "areas", "memberships")
        for region in ("syddanmark", "midtjylland")
    ]
    assert keep(client, bring(client, *shipped)).status_code == 303
    exported = [
        client.get(f"{UNITS}/{name}.csv").data for name in ("units", "areas", "memberships")
    ]
    assert all(text.startswith(b"\xef\xbb\xbf") for text in exported)
    assert "Nothing: all of it is kept already." in client.get(bring(client, *exported)).text


def test_one_unit_without_a_file_R6(world: World) -> None:
    client = in_english(world)
    empty = client.post(f"{UNITS}/new", data={"token": token(client), "name": "Ærø"})
    assert empty.status_code == 422
    for field in ("id", "kind"):
        assert f'href="#{field}"' in empty.text
        assert f'id="{field}-error"' in empty.text
    assert 'value="Ærø"' in empty.text
    form = {
        "id": "aeroe",
        "name": "Ærø",
        "kind": "municipality",
        "region": "syddanmark",
        "alternative_names": "Aerø\r\n ÆRØ KOMMUNE \r\n",
    }
    for wrong, place in (({"id": "assens"}, "id"), ({"id": "Æ"}, "id"), ({"name": "Assens"}, "name"), ({"alternative_names": "Nyborg"}, "alternative_names"), ({"kind": "x"}, "kind"), ({"name": "x" * 201}, "name")):  # fmt: skip
        refused = client.post(f"{UNITS}/new", data={**form, **wrong, "token": token(client)})
        assert refused.status_code == 422, wrong
        assert f'href="#{place}"' in refused.text, wrong
    assert client.post(f"{UNITS}/new", data={**form, "token": token(client)}).status_code == 303
    found = units.resolve(world.store.main, "ærø kommune")
    assert found is not None
    assert (found.id, found.region) == ("aeroe", "syddanmark")
    at = f"{UNITS}/unit/aeroe/edit"
    same = {
        **form,
        "alternative_names": "\r\n".join(
            re.findall(r'rows="5"[^>]*>\n([^<]*)<', client.get(at).text)
        ),
    }
    assert client.post(at, data={**same, "token": token(client)}).status_code == 303
    assert actions(world) == ["unit added"]  # nothing was changed, so nothing is noted
    changed = client.post(at, data={**same, "name": "Ærø Ø", "id": "other", "token": token(client)})
    assert changed.status_code == 303
    assert actions(world) == ["unit changed", "unit added"]
    assert units.find(world.store.main, "other") is None
    assert (
        client.post(f"{UNITS}/unit/nowhere/edit", data={**form, "token": token(client)}).status_code
        == 404
    )


def test_one_membership_without_a_file_R6(world: World) -> None:
    client = in_english(world)
    keep(client, bring(client, AREAS))
    at = f"{UNITS}/unit/assens/memberships"

    def send(path: str, **form: str) -> int:
        return int(client.post(path, data={"token": token(client), **form}).status_code)

    assert send(at, area="", from_day="x") == 422
    assert send(at, area="moon") == 422
    assert send(at, area="west", from_day="2026-02-01", until_day="2026-01-01") == 422
    assert send(at, area="west", from_day="2026-01-01") == 303
    assert send(at, area="west", from_day="2026-05-01") == 422
    assert send(f"{at}/end", area="west", began="2026-01-01", until_day="2025-01-01") == 422
    assert send(f"{at}/end", area="west", began="2025-01-01", until_day="2025-06-01") == 404
    assert send(f"{at}/end", area="west", began="2026-01-01", until_day="2026-06-30") == 303
    assert send(at, area="west", from_day="2026-07-01") == 303
    # letting the first go on would overlap the second
    assert send(f"{at}/end", area="west", began="2026-01-01", until_day="") == 422
    assert units.memberships(world.store.main, "assens") == [
        Membership(
            unit="assens", area="west", from_day=date(2026, 1, 1), until_day=date(2026, 6, 30)
        ),
        Membership(unit="assens", area="west", from_day=date(2026, 7, 1)),
    ]
    assert actions(world)[:3] == ["membership added", "membership ended", "membership added"]
    assert send(f"{UNITS}/unit/nowhere/memberships", area="west") == 404
