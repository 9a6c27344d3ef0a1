"""The description of the interface for programs, OpenAPI 3.1; a test compares it with the routes."""

from __future__ import annotations

from typing import Any

from server import openapi_tablets

_PROBLEM = {"$ref": "#/components/responses/problem"}
#: What whoever sends something can be answered instead.
_PROBLEMS = dict.fromkeys(("400", "403", "404", "409", "413", "415", "429", "503"), _PROBLEM)

DESCRIPTION: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Svarboks",
        "version": "1",
        "summary": "The way in for sealed answers. docs/sync-protocol.md describes what is sent.",
        "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
    },
    "paths": {
        "/api/submissions": {
            "post": {
                "operationId": "submit",
                "summary": "Hand in one sealed answer.",
                "description": (
                    "The same bytes again give the same receipt and change nothing. An answer is delivered when the "
                    "receipt's digest is the SHA-256 of what was sent and its key is the key in the header; any other "
                    "answer delivers nothing. A round that invites by letter needs the code of one in the header "
                    "Svarboks-Code for what it has not kept yet; each code works once. Other rounds do not look at it."
                ),
                "parameters": [
                    {
                        "name": "Svarboks-Code",
                        "in": "header",
                        "required": False,
                        "description": "The code from a letter; case, spaces and hyphens do not matter.",
                        "schema": {"type": "string", "maxLength": 60},
                    }
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/octet-stream": {
                            "schema": {"type": "string", "format": "binary", "maxLength": 70000}
                        }
                    },
                },
                "responses": {
                    "201": {
                        "description": "Kept: the commit is on disk.",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Receipt"}}
                        },
                    },
                    **_PROBLEMS,
                },
            }
        },
        "/api/codes": {
            "post": {
                "operationId": "look_at_code",
                "summary": "Ask whether the code of a letter can be used. It is not used by asking.",
                "description": (
                    "A round that does not invite by letter says yes to everything. Codes that are none are counted "
                    "by round; too many of them are answered 429, as when they are sent with answers."
                ),
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["round", "code"],
                                "additionalProperties": False,
                                "properties": {
                                    "round": {"type": "string", "maxLength": 64},
                                    "code": {"type": "string", "maxLength": 60},
                                },
                            }
                        }
                    },
                },
                "responses": {
                    "204": {"description": "It can be used."},
                    **_PROBLEMS,
                },
            }
        },
        **openapi_tablets.PATHS,
        "/api/openapi.json": {
            "get": {
                "operationId": "description",
                "summary": "This description.",
                "responses": {
                    "200": {
                        "description": "The description of this interface.",
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    }
                },
            }
        },
    },
    "components": {
        "securitySchemes": openapi_tablets.SECURITY_SCHEMES,
        "schemas": {
            **openapi_tablets.SCHEMAS,
            "Receipt": {
                "type": "object",
                "required": ["digest", "key"],
                "additionalProperties": False,
                "properties": {
                    "digest": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                    "key": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
                },
            },
            "Problem": {
                "type": "object",
                "description": "RFC 9457. `code` never changes its meaning.",
                "required": ["type", "title", "status", "code", "detail", "remedy", "faults"],
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                    "remedy": {"type": "string"},
                    "faults": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["place", "code", "message", "remedy"],
                            "properties": {
                                "place": {"type": "string"},
                                "code": {"type": "string"},
                                "message": {"type": "string"},
                                "remedy": {"type": "string"},
                                "file": {"type": "string"},
                                "line": {"type": "integer"},
                            },
                        },
                    },
                },
            },
        },
        "responses": {
            "problem": {
                "description": "Not kept; `code` says why, `remedy` what to do. 429 and 503 carry Retry-After.",
                "content": {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                },
            }
        },
    },
}
