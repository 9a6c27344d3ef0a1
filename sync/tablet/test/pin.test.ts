import "fake-indexeddb/auto";

import { pbkdf2Sync, randomBytes } from "node:crypto";

import { describe, expect, it } from "vitest";

import { countTry, isPin, pauseAfter, type Pin, wrongTries } from "../src/pin";

/** As the desk makes it. */
function pinOf(digits: string): Pin {
  const salt = randomBytes(16);
  const hash = pbkdf2Sync(digits, salt, 1000, 32, "sha256");
  return { salt: salt.toString("base64url"), iterations: 1000, hash: hash.toString("base64url") };
}

describe("the staff's PIN", () => {
  it("is known by its hash, whatever digits it is typed in", async () => {
    const pin = pinOf("204816");
    expect(await isPin(pin, "204816")).toBe(true);
    expect(await isPin(pin, " 2048 16 ")).toBe(true);
    expect(await isPin(pin, "٢٠٤٨١٦")).toBe(true);
    expect(await isPin(pin, "۲۰۴۸۱۶")).toBe(true);
    for (const wrong of ["", "204817", "20481", "2048160"]) expect(await isPin(pin, wrong)).toBe(false);
  });

  it("makes the next try wait longer and longer, up to five minutes, and never for ever", () => {
    expect([0, 1, 2, 3, 4, 5, 8, 9, 10, 1000].map(pauseAfter)).toStrictEqual([0, 0, 0, 5, 10, 20, 160, 300, 300, 300]);
  });

  it("counts wrong tries in a row, also over a reload", async () => {
    expect(await wrongTries()).toBe(0);
    expect(await countTry(false)).toBe(1);
    expect(await countTry(false)).toBe(2);
    expect(await wrongTries()).toBe(2);
    expect(await countTry(true)).toBe(0);
    expect(await wrongTries()).toBe(0);
  });
});
