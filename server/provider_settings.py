"""The identity provider that people may sign in with: the settings SVARBOKS_OIDC_…, read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from server.local_hosts import is_local


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """One OpenID Connect provider. `name` is what its button says. `trust_email` binds an account by an address that the
    provider does not say it has verified; docs/identity-provider.md tells when that is safe. The secret is never in repr."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str
    trust_email: bool


def read_provider(
    *,
    issuer: str,
    client_id: str,
    client_secret: str,
    name: str,
    trust_email: bool,
    refuse: Callable[[str, str], Exception],
) -> ProviderSettings | None:
    """The provider, or None without an issuer. Raises what `refuse` makes of (variable, fault and remedy)."""
    given = {"SVARBOKS_OIDC_CLIENT_ID": client_id, "SVARBOKS_OIDC_CLIENT_SECRET": client_secret}
    if not issuer:
        for variable, value in given.items():
            if value:
                raise refuse(variable, "is set without SVARBOKS_OIDC_ISSUER. Set both, or neither.")
        return None
    for variable, value in given.items():
        if not value:
            raise refuse(
                variable, "is missing. Take it from the registration at the identity provider."
            )
    try:
        parts = urlsplit(issuer)
        safe = parts.scheme == "https" or (parts.scheme == "http" and is_local(parts.hostname))
    except ValueError:
        safe = False
    if not safe or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise refuse(
            "SVARBOKS_OIDC_ISSUER",
            f"{issuer!r} is not an issuer. Write it as https://…, exactly as the provider's discovery document names it.",
        )
    if trust_email and any(
        part in {"common", "organizations", "consumers"} for part in parts.path.split("/")
    ):
        raise refuse(
            "SVARBOKS_OIDC_TRUST_EMAIL",
            "the issuer serves everybody, and anybody can give themselves any address there (nOAuth)."
            " Name the issuer of your own tenant.",
        )
    return ProviderSettings(
        issuer=issuer,
        client_id=client_id,
        client_secret=client_secret,
        name=name or parts.hostname,
        trust_email=trust_email,
    )
