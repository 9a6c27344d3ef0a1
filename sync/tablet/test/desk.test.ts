// Keys and orders of the desk. What they do to a page is tested in a real browser: tests/browser/test_desk_in_a_browser.py.

import { describe, expect, it } from "vitest";

import { Keys, type Press } from "../src/shortcuts";
import { type Kind, nextDirection, orderOf } from "../src/table_sorting";

function sorted(keys: string[], kind: Kind, direction: "ascending" | "descending" = "ascending", language = "da"): string[] {
  return orderOf(keys, kind, direction, language).map((index) => keys[index] ?? "?");
}

describe("the order of rows", () => {
  it("has figures by value, not by their digits", () => {
    expect(sorted(["10", "9", "1000", "-1", "0.5"], "number")).toEqual(["-1", "0.5", "9", "10", "1000"]);
  });

  it("has instants by when they are, whatever clock they are written in", () => {
    const [late, early, middle] = ["2026-11-22T12:00:00+00:00", "2026-11-22T12:30:00+01:00", "2026-11-22T11:45:00+00:00"];
    expect(sorted([late, early, middle], "instant")).toEqual([early, middle, late]);
  });

  it("has words by the language of the page", () => {
    expect(sorted(["Ålborg", "Zone", "Ærø", "Øst", "Anna"], "text")).toEqual(["Anna", "Zone", "Ærø", "Øst", "Ålborg"]);
    expect(sorted(["Ålborg", "Zone", "Anna"], "text", "ascending", "en")).toEqual(["Ålborg", "Anna", "Zone"]);
    expect(sorted(["Runde 10", "Runde 9"], "text")).toEqual(["Runde 9", "Runde 10"]);
  });

  it("has what is not known last in both directions", () => {
    expect(sorted(["–", "2", "3"], "number", "descending")).toEqual(["3", "2", "–"]);
    expect(sorted(["", "2026-01-01T00:00:00Z"], "instant")).toEqual(["2026-01-01T00:00:00Z", ""]);
    expect(sorted(["–", "Bo", "Al"], "text", "descending")).toEqual(["Bo", "Al", "–"]);
  });

  it("leaves equal rows as they stand, in both directions", () => {
    expect(orderOf(["1", "0", "1", "0"], "number", "ascending", "da")).toEqual([1, 3, 0, 2]);
    expect(orderOf(["1", "0", "1", "0"], "number", "descending", "da")).toEqual([0, 2, 1, 3]);
  });

  it("begins ascending and turns with each press", () => {
    expect([null, "ascending", "descending"].map(nextDirection)).toEqual(["ascending", "descending", "ascending"]);
  });
});

function press(key: string, more: Partial<Press> = {}): Press {
  const none = { ctrlKey: false, altKey: false, metaKey: false, shiftKey: false, repeat: false, isComposing: false };
  return { key, ...none, timeStamp: 0, ...more };
}

const MEANT = ["?", "j", "k", "r", "w", "u"];

describe("keys", () => {
  it("mean what the dialog says", () => {
    const keys = new Keys();
    const meanings = MEANT.map((key) => keys.action(press(key), "elsewhere"));
    expect(meanings).toEqual(["help", "next", "previous", "released", "withheld", "unread"]);
    expect(["/", "a", "Escape", "constructor"].map((key) => keys.action(press(key), "text"))).toEqual([null, null, null, null]);
  });

  it("mean nothing in a field, nor with a modifier, nor while a word is put together", () => {
    const keys = new Keys();
    for (const key of MEANT) {
      expect(keys.action(press(key), "field")).toBeNull();
      for (const modifier of ["ctrlKey", "altKey", "metaKey", "isComposing"]) {
        expect(keys.action(press(key, { [modifier]: true }), "text")).toBeNull();
      }
    }
    expect(keys.action(press("r", { shiftKey: true }), "text")).toBeNull();
    expect(keys.action(press("?", { shiftKey: true }), "elsewhere")).toBe("help");
  });

  it("lead home by g and then h, within a moment and with nothing in between", () => {
    const keys = new Keys();
    const typed = (...presses: Press[]) => presses.map((one) => keys.action(one, "elsewhere")).pop();
    expect(typed(press("h"))).toBeNull();
    expect(typed(press("g"), press("h", { timeStamp: 900 }))).toBe("home");
    expect(typed(press("h"))).toBeNull();
    expect(typed(press("g"), press("h", { timeStamp: 1600 }))).toBeNull();
    expect(typed(press("g"), press("x"), press("h"))).toBeNull();
    expect(typed(press("g"), press("h", { ctrlKey: true }), press("h"))).toBeNull();
    expect(keys.action(press("g"), "field")).toBeNull();
    expect(typed(press("h"))).toBeNull();
  });

  it("move by the arrows only where the focus is on a text, since they scroll elsewhere", () => {
    const keys = new Keys();
    expect(["ArrowDown", "ArrowUp"].map((key) => keys.action(press(key), "text"))).toEqual(["next", "previous"]);
    expect(["ArrowDown", "ArrowUp"].map((key) => keys.action(press(key), "elsewhere"))).toEqual([null, null]);
  });

  it("move on while they are held, and decide once", () => {
    const keys = new Keys();
    const held = MEANT.map((key) => keys.action(press(key, { repeat: true }), "text"));
    expect(held).toEqual([null, "next", "previous", null, null, null]);
  });
});
