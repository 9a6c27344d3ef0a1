"""Which hosts are this machine: browsers trust them over plain http, and nothing that is sent to them leaves it."""

from __future__ import annotations

#: Hosts on which browsers give service workers, WebCrypto and passkeys over plain http.
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


def is_local(host: str | None) -> bool:
    """Whether a host is this machine."""
    return host in LOCAL_HOSTS
