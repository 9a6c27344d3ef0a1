"""The part of the interface's description (openapi.py) that is of tablets and of batches."""

from __future__ import annotations

from typing import Any

from sync.batches import LARGEST

_PROBLEM = {"$ref": "#/components/responses/problem"}
_HEX16 = {"type": "string", "pattern": "^[0-9a-f]{16}$"}
_HEX32 = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
_HEX64 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_NUMBER = {"type": "integer", "minimum": 0, "maximum": 10_000_000}
_COOKIE = {
    "Set-Cookie": {
        "description": "The tablet's token: Path=/api/tablet, HttpOnly, SameSite=Strict, 400 days from now.",
        "schema": {"type": "string"},
    }
}


def _problems(*statuses: int) -> dict[str, Any]:
    return {str(status): _PROBLEM for status in statuses}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _object(**properties: Any) -> dict[str, Any]:
    """An object with exactly these members."""
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


_BATCH_BODY = {
    "required": True,
    "description": (
        "4 bytes 'SVBB', 1 byte version 1, 1 byte 0, 2 bytes big-endian number of items (1 to 100), then for each item: "
        "4 bytes big-endian length of the envelope, 1 byte length of a letter's code (0: none), the code, the envelope."
    ),
    "content": {
        "application/octet-stream": {
            "schema": {"type": "string", "format": "binary", "maxLength": LARGEST}
        }
    },
}
_BATCH_ANSWER = {
    "description": "After the commit: a result for each item, in the order in which they were sent.",
    "content": _json(_ref("BatchResults")),
}

PATHS: dict[str, Any] = {
    "/api/tablet/enrolment": {
        "post": {
            "operationId": "enrol",
            "summary": "Make the sender a tablet, with a code from the desk.",
            "description": (
                "A code works once, for ten minutes; case, spaces and hyphens do not matter. What is wrong, used or too "
                "old is answered alike; too many of them are answered 429."
            ),
            "requestBody": {
                "required": True,
                "content": _json(_object(code={"type": "string", "maxLength": 60})),
            },
            "responses": {
                "201": {
                    "description": "Enrolled. The cookie is what the tablet is known by.",
                    "headers": _COOKIE,
                    "content": _json(_ref("Enrolment")),
                },
                **_problems(400, 404, 413, 415, 429, 503),
            },
        }
    },
    "/api/tablet/manifest": {
        "get": {
            "operationId": "manifest",
            "summary": "Everything that the tablet takes along.",
            "security": [{"tablet": []}],
            "responses": {
                "200": {
                    "description": "Its rounds, with each page by the SHA-256 of its bytes.",
                    "headers": _COOKIE,
                    "content": _json(_ref("Manifest")),
                },
                **_problems(401, 403, 503),
            },
        }
    },
    "/api/tablet/pages/{round_id}/{version}/{language}": {
        "get": {
            "operationId": "page",
            "summary": "One page of a round that the tablet takes along, as the manifest names it.",
            "description": "The bytes are the same each time, as long as nothing that stands on the page changes.",
            "security": [{"tablet": []}],
            "parameters": [
                {
                    "name": name,
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string", "pattern": pattern},
                }
                for name, pattern in (
                    ("round_id", "^[a-z0-9-]{1,64}$"),
                    ("version", "^[0-9a-f]{64}$"),
                    ("language", "^[a-zA-Z0-9-]{2,35}$"),
                )
            ],
            "responses": {
                "200": {
                    "description": "The page.",
                    "content": {"text/html; charset=utf-8": {"schema": {"type": "string"}}},
                },
                **_problems(401, 403, 404, 503),
            },
        }
    },
    "/api/tablet/contact": {
        "post": {
            "operationId": "contact",
            "summary": "Say how much waits. The day is kept, and no time.",
            "description": "`declined` is by round the total ever on this tablet, so that saying it again changes nothing.",
            "security": [{"tablet": []}],
            "requestBody": {"required": True, "content": _json(_ref("Contact"))},
            "responses": {
                "200": {
                    "description": "Kept.",
                    "headers": _COOKIE,
                    "content": _json(_object(epoch=_HEX16)),
                },
                **_problems(400, 401, 403, 413, 415, 503),
            },
        }
    },
    "/api/tablet/batches": {
        "post": {
            "operationId": "batch_of_tablet",
            "summary": "Hand in up to a hundred sealed answers of a tablet (channel 'tablet').",
            "description": (
                "The same bytes again give the same receipts. A round or a version that is not known is kept in quarantine "
                "and has its receipt. From a tablet that was withdrawn, what can be read is kept without one, and 403 answered."
            ),
            "security": [{"tablet": []}],
            "requestBody": _BATCH_BODY,
            "responses": {"200": _BATCH_ANSWER, **_problems(400, 401, 403, 413, 415, 429, 503)},
        }
    },
    "/api/batches": {
        "post": {
            "operationId": "batch_of_anybody",
            "summary": "Hand in up to a hundred sealed answers of the public link.",
            "description": "Each by the rules of /api/submissions, with the code of its letter where its round asks for one.",
            "requestBody": _BATCH_BODY,
            "responses": {"200": _BATCH_ANSWER, **_problems(400, 413, 415, 503)},
        }
    },
}

_TABLET = {
    "tablet": {"type": "string", "description": "What people call it."},
    "unit": _object(id={"type": "string"}, name={"type": "string"}),
    "pin": {
        **_object(
            salt={"type": "string"},
            iterations={"type": "integer", "minimum": 1},
            hash={"type": "string"},
        ),
        "description": "The staff PIN: PBKDF2-HMAC-SHA256 of its digits, 32 bytes; salt and hash in base64url.",
    },
    "epoch": {
        **_HEX16,
        "description": "The restore epoch. Another one than before: send again what is still kept.",
    },
}

SCHEMAS: dict[str, Any] = {
    "Enrolment": _object(**_TABLET),
    "Manifest": _object(**_TABLET, rounds={"type": "array", "items": _ref("RoundOfTablet")}),
    "RoundOfTablet": _object(
        round={"type": "string"},
        version=_HEX64,
        kid=_HEX16,
        public_key={"type": "string", "description": "base64url of the uncompressed P-256 point."},
        padded_size={"enum": [4096, 16384, 65536]},
        shape={"enum": ["survey", "registration", "interview", "audit", "return"]},
        promise={"enum": ["anonymous", "confidential"]},
        test={"type": "boolean", "description": "A test: marked on its page, deleted later."},
        state={
            "enum": ["planned", "open", "closed"],
            "description": "For somebody who wants to begin.",
        },
        opens_at={"type": "string", "format": "date-time"},
        answer_until={"type": "string", "format": "date-time"},
        turn_minutes={"type": "integer", "minimum": 5, "maximum": 240},
        title={"type": "object", "additionalProperties": {"type": "string"}},
        languages={
            "type": "array",
            "items": _object(
                tag={"type": "string"},
                name={"type": "string"},
                direction={"enum": ["ltr", "rtl"]},
                page={"type": "string"},
                sha256=_HEX64,
            ),
        },
    ),
    "Contact": _object(
        waiting=_NUMBER,
        failed=_NUMBER,
        app={"type": "string", "maxLength": 100},
        versions={
            "type": "object",
            "maxProperties": 500,
            "propertyNames": {"pattern": "^[a-z0-9-]{1,64}$"},
            "additionalProperties": _HEX64,
        },
        declined={
            "type": "object",
            "maxProperties": 500,
            "propertyNames": {"pattern": "^[a-z0-9-]{1,64}$"},
            "additionalProperties": _NUMBER,
        },
    ),
    "BatchResults": _object(
        epoch=_HEX16,
        results={
            "type": "array",
            "minItems": 1,
            "maxItems": 100,
            "items": {"oneOf": [_ref("ItemReceived"), _ref("ItemRefused")]},
        },
    ),
    "ItemReceived": {
        **_object(key=_HEX32, result={"const": "received"}, digest=_HEX64),
        "description": "Kept. It is delivered when `digest` is the SHA-256 of the envelope that was sent.",
    },
    "ItemRefused": {
        **_object(
            key={"oneOf": [_HEX32, {"type": "null"}]},
            result={"const": "refused"},
            code={"type": "string"},
            retry_after={"type": ["integer", "null"], "minimum": 1},
        ),
        "description": (
            "Not kept. `code` is that of a problem; `retry_after` says in how many seconds another try may help, null that "
            "only a person can. `key` is null where it could not be read."
        ),
    },
}

SECURITY_SCHEMES = {
    "tablet": {
        "type": "apiKey",
        "in": "cookie",
        "name": "svarboks-tablet",
        "description": "Given at enrolment, renewed at each contact.",
    }
}
