"""Second factors of accounts: the sealed secret of an authenticator app, and recovery codes, of which hashes are kept."""

from __future__ import annotations

from collections.abc import Iterable

from sqlite_utils import Database


def keep(
    db: Database, account: int, *, sealed_secret: bytes, step: int, code_hashes: Iterable[bytes]
) -> None:
    """Give an account a second factor, in place of any earlier one with its recovery codes. `step` is the time step of
    the code that confirmed it, which is used up by that; the hashes have 32 bytes."""
    db.execute(
        "UPDATE account SET totp_secret = ?, totp_last_step = ? WHERE id = ?",
        (sealed_secret, step, account),
    )
    keep_codes(db, account, code_hashes)


def keep_codes(db: Database, account: int, code_hashes: Iterable[bytes]) -> None:
    """Give an account these recovery codes and no others."""
    db.execute("DELETE FROM recovery_code WHERE account = ?", (account,))
    db.conn.executemany(
        "INSERT INTO recovery_code (account, code_hash) VALUES (?, ?)",
        [(account, code_hash) for code_hash in code_hashes],
    )


def use_step(db: Database, account: int, step: int) -> bool:
    """Use up a time step; False when it, or a later one, was used before (RFC 6238, 5.2)."""
    cursor = db.execute(
        "UPDATE account SET totp_last_step = ?1 WHERE id = ?2 AND totp_secret IS NOT NULL"
        " AND (totp_last_step IS NULL OR totp_last_step < ?1)",
        (step, account),
    )
    return bool(cursor.rowcount == 1)


def use_code(db: Database, account: int, code_hash: bytes) -> bool:
    """Use up a recovery code; False when the account has none with this hash."""
    cursor = db.execute(
        "DELETE FROM recovery_code WHERE account = ? AND code_hash = ?", (account, code_hash)
    )
    return bool(cursor.rowcount == 1)


def codes_left(db: Database, account: int) -> int:
    """How many recovery codes an account has."""
    row = db.execute("SELECT count(*) FROM recovery_code WHERE account = ?", (account,)).fetchone()
    return int(row[0])


def remove(db: Database, account: int) -> bool:
    """Take the second factor and its recovery codes away; False when there was none."""
    db.execute("DELETE FROM recovery_code WHERE account = ?", (account,))
    cursor = db.execute(
        "UPDATE account SET totp_secret = NULL, totp_last_step = NULL"
        " WHERE id = ? AND totp_secret IS NOT NULL",
        (account,),
    )
    return bool(cursor.rowcount == 1)
