"""Questionnaires at the desk.

R1  The shelf lists the library and what has been published, with shape, languages and previews; a published questionnaire
    has its versions with number, day, languages and their state, and the rounds that use each.
R2  A preview in each language, of a library item, an upload and a version: marked, and nothing can be sent from it.
R3  An uploaded document shows all its faults beside their lines, linked from a summary; it can be corrected in place and
    checked again. It is its owner's alone, and gone after seven days.
R4  A document without faults says what changed since the newest version, with both wordings, and whether both can be
    used in one round.
R5  Publishing asks for each unreviewed language, names every fault at its line, and is audited; published twice it is one version.
R6  Any two versions can be compared, and a version downloaded as the document it was.
R7  Hostile documents (aliases, nesting, size, binary, no UTF-8) give calm faults, never a 5xx.
"""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from forms import library
from forms.document import read_document, write_document
from server.questionnaire_shelf import PURPOSES
from server.routes.questionnaires import PAGE_SIZE
from store import audit, uploads, versions
from tests.server.installation import ALL_KINDS, World, publish

SHELF = "/desk/questionnaires"
IV = "iv-satisfaction"


def token(client: FlaskClient) -> str:
    found = re.search(r'name="token" value="([0-9a-f]+)"', client.get(SHELF).text)
    assert found is not None
    return found[1]


def in_english(world: World, who: str = "secretariat") -> FlaskClient:
    client = world.signed_in(who)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def upload(client: FlaskClient, text: str) -> str:
    """Paste a document; the address of its review."""
    response = client.post(f"{SHELF}/uploads", data={"token": token(client), "text": text})
    assert response.status_code == 303, response.status_code
    return response.headers["Location"]


def audited(world: World) -> list[audit.Entry]:
    return [
        one for one in audit.listed(world.store.main) if one.action == "questionnaire published"
    ]


def test_the_shelf_R1(world: World) -> None:
    assert set(PURPOSES) == set(library.names())
    html = in_english(world).get(SHELF).text
    for name in library.names():
        assert f'href="{SHELF}/library/{name}"' in html
        for language in library.read(name).languages:
            assert f'href="{SHELF}/library/{name}/preview/{language.tag}"' in html
    assert f'href="{SHELF}/published/{IV}"' in html
    assert f'href="{SHELF}/published/all-kinds"' in html
    assert "published as version 1" in html
    danish = world.signed_in("secretariat").get(SHELF).text
    assert "Spørgeskemaer" in danish
    assert "Registrering" in danish


def test_one_questionnaire_R1(world: World) -> None:
    html = in_english(world).get(f"{SHELF}/published/{IV}").text
    assert "Published on 1 November 2026" in html
    assert 'href="/desk/rounds/open1"' in html
    assert 'href="/desk/rounds/planned1"' in html
    assert 'href="/desk/rounds/kinds1"' not in html
    assert html.count("(draft)") == 2  # Arabic and Farsi
    assert in_english(world).get(f"{SHELF}/published/nothing").status_code == 404


def test_long_lists_of_versions_are_paged_R1(world: World) -> None:
    for number in range(PAGE_SIZE + 1):
        publish(world.store, read_document(ALL_KINDS.replace("Alle slags", f"Slags {number}")))
    html = in_english(world).get(f"{SHELF}/published/all-kinds").text
    assert html.count('class="shelf-item"') == PAGE_SIZE
    assert "Page 1 of 2" in html
    html = in_english(world).get(f"{SHELF}/published/all-kinds?page=2").text
    assert html.count('class="shelf-item"') == 2


def test_previews_cannot_send_R2(world: World) -> None:
    client = in_english(world)
    version = world.rounds["open"].version
    draft = upload(client, write_document(library.read(IV)))
    for at in (f"{SHELF}/library/{IV}", f"{SHELF}/versions/{version}", draft):
        for language, mark in (("da", "FORHÅNDSVISNING"), ("en", "PREVIEW"), ("ar", "معاينة")):
            html = client.get(f"{at}/preview/{language}").text
            assert mark in html
            assert 'method="dialog"' in html
            assert 'data-mark="preview"' in html
            for nothing in (
                'data-url=""',
                'data-public-key=""',
                'data-round=""',
                'data-thanks-url=""',
            ):
                assert nothing in html
            assert 'name="~key"' not in html
            assert f'href="{at}/preview/fa"' in html
            assert client.post(f"{at}/preview/{language}", data={"token": token(client)}).status_code == 405  # fmt: skip
        assert client.get(f"{at}/preview/de").status_code == 404
    assert world.waiting() == 0
    for wrong in (f"{SHELF}/library/nothing/preview/da", f"{SHELF}/versions/{'0' * 64}/preview/da"):
        assert client.get(wrong).status_code == 404
    # an ordinary page carries no mark
    assert "answering-mark" not in world.client().get("/s/open1/en").text


def test_faults_stand_beside_their_lines_R3(world: World) -> None:
    client = in_english(world)
    lines = ALL_KINDS.strip().split("\n")
    shape = lines.index("shape: survey")
    lines[shape] = "shape: lottery"
    trust = next(n for n, line in enumerate(lines) if "kind: scale" in line)
    lines[trust] = "        kind: scales"
    at = upload(client, "\r\n".join(lines))
    html = client.get(at).text
    assert re.search(r"\d+ faults to mend", html)
    for number in (shape + 1, trust + 1):
        assert f"Line {number}:" in html
        beside = html.split(f'<li value="{number}" class="faulty">')[1].split("</li>")[0]
        fault = re.search(r'id="(fault-\d+)"', beside)
        assert fault is not None
        assert f'href="#{fault[1]}"' in html
    assert "Publish version" not in html
    assert client.get(f"{at}/preview/da").status_code == 404
    assert client.post(f"{at}/publish", data={"token": token(client)}).status_code == 303
    lines[shape], lines[trust] = "shape: survey", "        kind: scale"
    corrected = client.post(at, data={"token": token(client), "text": "\r\n".join(lines)})
    assert (corrected.status_code, corrected.headers["Location"]) == (303, at)
    html = client.get(at).text
    assert "The document has no faults." in html
    mail = "secretariat@region.example"
    [(who,)] = world.store.main.execute("SELECT id FROM account WHERE email = ?", (mail,))
    kept = uploads.of_account(world.store.main, who, kind="questionnaire", now=world.now)
    assert "\r" not in kept[0].content


def test_an_upload_is_its_owners_and_ends_R3(world: World) -> None:
    client = in_english(world)
    at = upload(client, "format: 1")
    assert f'href="{at}"' in client.get(SHELF).text
    assert world.signed_in("administrator").get(at).status_code == 403
    with world.store.write() as db:
        # nobody else of the secretariat either
        db.execute(
            "UPDATE upload SET account = (SELECT id FROM account WHERE email LIKE 'chair@%')"
        )
    assert client.get(at).status_code == 404
    assert at not in client.get(SHELF).text
    second = upload(client, "format: 1")
    assert client.post(f"{second}/remove", data={"token": token(client)}).status_code == 303
    assert client.get(second).status_code == 404
    third = upload(client, "format: 1")
    world.now += timedelta(days=7, seconds=1)
    client = in_english(world)
    assert client.get(third).status_code == 404
    upload(client, "format: 1")
    assert world.store.main.execute("SELECT count(*) FROM upload").fetchone()[0] == 1


def test_what_changed_R4_R6(world: World) -> None:
    client = in_english(world)
    text = (
        ALL_KINDS.replace("Følte du dig tryg?", "Var du tryg?")
        .replace("id: visits, kind: count", "id: visits, kind: number, minimum: 0")
        .replace("{id: began, kind: time", "{id: started, kind: time")
    )
    at = upload(client, text)
    html = client.get(at).text
    assert "Since version 1" in html
    assert "No. The answers would not be counted together" in html
    assert "The answers to visits cannot be counted together" in html
    assert "the kind of question" in html
    for fate, number in (("changed", 1), ("wording", 1), ("added", 1), ("removed", 1)):
        assert re.search(rf'id="fate-{fate}">[^<]*\({number}\)', html), fate
    danish = world.signed_in("secretariat").get(at).text
    assert "Følte du dig tryg?" in danish
    assert "Var du tryg?" in danish
    assert client.post(f"{at}/publish", data={"token": token(client)}).status_code == 303
    html = client.get(f"{SHELF}/published/all-kinds").text
    assert "Compare two versions" in html
    compared = client.get(f"{SHELF}/published/all-kinds/compare").text
    assert "From version 1 to version 2" in compared
    assert 'id="fate-changed"' in compared
    same = client.get(f"{SHELF}/published/all-kinds/compare?from=2&to=2").text
    assert "The two are the same to the letter" in same
    back = client.get(f"{SHELF}/published/all-kinds/compare?from=2&to=1").text
    assert "From version 2 to version 1" in back
    assert client.get(f"{SHELF}/published/all-kinds/compare?from=9&to=1").status_code == 404
    newest = versions.latest(world.store.main, "all-kinds")
    assert newest is not None
    response = client.get(f"{SHELF}/versions/{newest.hash}/document.yaml")
    assert response.headers["Content-Disposition"] == 'attachment; filename="all-kinds-2.yaml"'
    assert read_document(response.text) == read_document(text)


def test_wording_alone_stays_in_one_round_R4(world: World) -> None:
    client = in_english(world)
    html = client.get(upload(client, ALL_KINDS.replace("Følte du dig tryg?", "Var du tryg?"))).text
    assert "Yes. A round can use both" in html
    html = client.get(upload(client, ALL_KINDS.replace("Tak for dine svar.", "Tak."))).text
    assert "No question has changed" in html
    html = client.get(upload(client, ALL_KINDS)).text
    assert "Exactly this has been published: it is version 1" in html
    assert "Publish version" not in html


def test_publishing_asks_for_each_draft_R5(world: World) -> None:
    client = in_english(world)
    changed = write_document(library.read(IV)).replace(
        "questionnaire: iv-satisfaction", "questionnaire: iv-two"
    )
    at = upload(client, changed)
    assert "A version never changes" in client.get(at).text
    refused = client.post(f"{at}/publish", data={"token": token(client), "accept": ["ar"]})
    assert (refused.status_code, refused.mimetype) == (422, "text/html")
    assert 'href="#accept-fa"' in refused.text
    assert 'href="#accept-ar"' not in refused.text
    assert re.search(r'id="accept-ar"[^>]* checked', refused.text)
    assert versions.latest(world.store.main, "iv-two") is None
    assert audited(world) == []
    done = client.post(f"{at}/publish", data={"token": token(client), "accept": ["ar", "fa", "da"]})
    assert done.headers["Location"] == f"{SHELF}/published/iv-two?told=published#told"
    assert "Version 1 is published" in client.get(done.headers["Location"]).text
    [entry] = audited(world)
    assert (entry.subject, entry.details["number"]) == ("questionnaire:iv-two", 1)
    assert entry.details["accepted unreviewed"] == ["ar", "fa"]
    assert client.get(at).status_code == 404  # the draft is done with
    again = upload(client, changed)
    assert client.post(f"{again}/publish", data={"token": token(client), "accept": ["ar", "fa"]}).status_code == 303  # fmt: skip
    assert len(versions.listed(world.store.main, "iv-two")) == len(audited(world)) == 1


def test_what_is_missing_is_named_at_its_line_R5(world: World) -> None:
    client = in_english(world)
    at = upload(client, ALL_KINDS.replace(", en: Did you feel safe?, ar:", ", ar:"))
    line = next(n for n, one in enumerate(ALL_KINDS.split("\n"), 1) if "Did you feel safe?" in one)
    html = client.get(at).text
    assert f"Line {line}:" in html
    assert "There is no text in en." in html
    assert "1 fault must be mended first." in html
    response = client.post(f"{at}/publish", data={"token": token(client)})
    assert response.status_code == 422
    assert len(versions.listed(world.store.main, "all-kinds")) == 1


def test_publishing_from_the_library_R5(world: World) -> None:
    client = in_english(world)
    assert "Publish version 1" in client.get(f"{SHELF}/library/time-study").text
    done = client.post(f"{SHELF}/library/time-study", data={"token": token(client)})
    assert done.status_code == 303
    assert versions.latest(world.store.main, "time-study") is not None
    assert "Exactly this has been published" in client.get(f"{SHELF}/library/time-study").text
    refused = client.post(f"{SHELF}/library/ptsd-interviews", data={"token": token(client)})
    assert refused.status_code == 422
    assert versions.latest(world.store.main, "ptsd-interviews") is None
    assert client.get(f"{SHELF}/library/nothing").status_code == 404


def test_a_new_version_begins_with_the_newest_R4(world: World) -> None:
    html = in_english(world).get(f"{SHELF}/uploads?from=all-kinds").text
    assert "questionnaire: all-kinds" in html


def test_another_form_is_refused_R5(world: World) -> None:
    client = in_english(world)
    assert client.post(f"{SHELF}/library/time-study", data={"token": "0"}).status_code == 400
    assert versions.latest(world.store.main, "time-study") is None


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{after}: &{after} [{','.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    ["", "\n", BOMB, "[" * 100_000, "{" * 5000 + "}" * 5000, "a: " + "x" * 400_000, "- \n" * 120_000, "\0\1\2", "!!python/object/apply:os.system [ls]",
     "a: b: c: d", '"\\UFFFFFFFF"', "format: 1\nsections: <script>alert(1)</script>\n", "x: 1\n" * 20_000, "\u202e\ufeff---\n---\n", "format: 1\nlanguages: {tlh: draft, '../../etc': draft}\n"],
    ids=["empty", "line", "bomb", "brackets", "braces", "long-line", "many-lines", "binary", "tag", "syntax", "escape", "script", "same-keys", "two", "languages"],
)  # fmt: skip
def test_hostile_documents_R7(world: World, text: str) -> None:
    client = in_english(world)
    for way in ({"text": text}, {"file": (io.BytesIO(text.encode()), "q.yaml")}):
        response = client.post(
            f"{SHELF}/uploads",
            data={"token": token(client), **way},
            content_type="multipart/form-data",
        )
        assert response.status_code == 303
        page = client.get(response.headers["Location"])
        assert page.status_code == 200
        assert "to mend" in page.text
        assert "<script>alert" not in page.text
        assert len(page.text) < 4_000_000


def test_files_that_are_no_text_and_too_large_R7(world: World) -> None:
    client = in_english(world)
    for data, said in (
        (bytes(range(256)) * 10, "not text in UTF-8"),
        ("titel: blå".encode("latin-1"), "Latin-1"),
        ("titel: blå".encode("utf-16"), "not text in UTF-8"),
    ):
        response = client.post(
            f"{SHELF}/uploads",
            data={"token": token(client), "file": (io.BytesIO(data), "secret-name.yaml")},
            content_type="multipart/form-data",
        )
        assert (response.status_code, response.mimetype) == (422, "text/html")
        assert said in response.text
        assert "secret-name" not in response.text
    response = client.post(
        f"{SHELF}/uploads", data={"token": token(client), "text": "x" * 2_000_000}
    )
    assert response.status_code == 413
    assert world.store.main.execute("SELECT count(*) FROM upload").fetchone()[0] == 0
