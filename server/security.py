"""What every response and every form of the desk must carry: headers, and proof that a form is ours.

Two checks stand against forged requests, each enough by itself: the browser's own word on where a request comes from
(Sec-Fetch-Site, Origin), and a token that only our own page knows. Cookies are SameSite=Lax beside them.
"""

from __future__ import annotations

import hashlib
import hmac

from flask import Flask, Request, Response, request

from forms.problems import Problem, ProblemError
from server.settings import Settings

#: Nothing is loaded from elsewhere, nothing runs inline. JSON data blocks are not scripts and need no exception.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)

#: What an answer to a program may do when a browser opens it: nothing.
NOTHING_TO_SHOW = "default-src 'none'; frame-ancestors 'none'"

#: Under the interface, but pages that people see.
PAGES_OF_TABLETS = "/api/tablet/pages/"

#: On every response, whatever it is.
EVERYWHERE = (
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)

#: On every page that is not the desk's: a tablet that shows a kept page gives it these too.
PAGE_HEADERS = (
    *EVERYWHERE,
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"),
)
#: Where a script says the form's token when it sends something else than a form.
FORM_HEADER = "Svarboks-Form-Token"

#: The largest request of the service's own pages and of the interface, in bytes. The largest answer is sealed to
#: 64 KiB; a form with its field names is larger than the answer it holds, so there is room above that.
LARGEST_REQUEST = 1024 * 1024


def install(app: Flask, settings: Settings) -> None:
    """Give every response its security headers."""

    everywhere = _everywhere(settings)
    interface = of_the_interface(settings)

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        path = request.path
        # A tablet keeps its pages with their headers and shows them as the web shows its own.
        if path.startswith("/api/") and not path.startswith(PAGES_OF_TABLETS):
            headers.extend(interface)
            return response
        headers.extend(everywhere)
        for name, value in PAGE_HEADERS:
            headers.setdefault(name, value)
        # Under no-referrer a browser sends "Origin: null" with a form, and the desk's forms are told by their origin.
        if path.startswith(("/desk", "/sign-in", "/account")):
            headers["Referrer-Policy"] = "same-origin"
        if path.startswith("/static/built/") and response.status_code == 200:
            headers["Cache-Control"] = "public, max-age=31536000, immutable"
        elif not path.startswith("/static/"):
            headers["Cache-Control"] = "no-store"
        return response


def of_the_interface(settings: Settings) -> list[tuple[str, str]]:
    """The headers of everything under /api: what is read by programs and shows nothing."""
    return [
        *_everywhere(settings),
        ("Content-Security-Policy", NOTHING_TO_SHOW),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
    ]


def _everywhere(settings: Settings) -> list[tuple[str, str]]:
    headers = list(EVERYWHERE)
    if settings.https:
        headers.append(("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))
    return headers


def form_token(secret: bytes, session_token: str) -> str:
    """The token that a signed-in person's forms carry: known to the page, not to anyone else's page."""
    return hmac.new(secret, f"form {session_token}".encode(), hashlib.sha256).hexdigest()


def require_own_form(sent: Request, expected_token: str, url: str) -> None:
    """Refuse a form that did not come from a page of this service.

    Raises ProblemError(FORGED).
    """
    require_same_origin(sent, url)
    # On a page of questions the names without ~ are the questions'. What is no form, as a file on its way, says it in a header.
    token = sent.headers.get(FORM_HEADER) or sent.form.get("~token", sent.form.get("token", ""))
    if not hmac.compare_digest(token.encode(), expected_token.encode()):
        raise ProblemError(Problem.FORGED)


def require_same_origin(sent: Request, url: str) -> None:
    """Refuse what a browser says comes from another site. Programs without these headers pass: they hold no cookies.

    Raises ProblemError(FORGED).
    """
    site = sent.headers.get("Sec-Fetch-Site")
    if site is not None and site not in {"same-origin", "none"}:
        raise ProblemError(Problem.FORGED)
    if site == "same-origin":
        # The browser vouches for it. Its Origin is then no help: under our Referrer-Policy it is "null".
        return
    origin = sent.headers.get("Origin")
    # Behind a TLS proxy the request's own host is the proxy's business, so both names of this service count.
    if origin is not None and origin not in {url, sent.host_url.rstrip("/")}:
        raise ProblemError(Problem.FORGED)
