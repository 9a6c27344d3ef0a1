// What keys mean while sheets are typed, and two keyings of a pile. What they do to a page: tests/browser/test_typing_paper.py.

import { describe, expect, it } from "vitest";

import { LARGEST_PILE, Pile, differences } from "../src/two_keyings";
import { type Press, keyOf, meaning } from "../src/typing_keys";

function press(key: string, more: Partial<Press> = {}): Press {
  return { key, ctrlKey: false, altKey: false, metaKey: false, shiftKey: false, repeat: false, isComposing: false, ...more };
}

describe("keys of the typist", () => {
  it("choose an option by its number, and none that is not there", () => {
    expect(meaning(press("1"), "one", 5, true)).toEqual({ do: "choose", option: 0 });
    expect(meaning(press("5"), "one", 5, true)).toEqual({ do: "choose", option: 4 });
    expect(meaning(press("6"), "one", 5, true)).toBeNull();
    expect(meaning(press("3"), "several", 4, true)).toEqual({ do: "choose", option: 2 });
  });

  it("have 0 for blank, or for the tenth option where there are ten", () => {
    expect(meaning(press("0"), "one", 9, true)).toEqual({ do: "blank" });
    expect(meaning(press("0"), "one", 11, true)).toEqual({ do: "choose", option: 9 });
    expect(meaning(press("Delete"), "one", 11, true)).toEqual({ do: "blank" });
    expect([0, 8, 9, 10].map(keyOf)).toEqual(["1", "9", "0", ""]);
  });

  it("say the missing states", () => {
    for (const key of ["-", "v"]) expect(meaning(press(key), "one", 5, true)).toEqual({ do: "dont-know" });
    for (const key of ["*", "i"]) expect(meaning(press(key), "several", 5, true)).toEqual({ do: "not-relevant" });
  });

  it("write in a field, go on by Enter, and go back from an empty one only", () => {
    expect(meaning(press("1"), "number", 0, false)).toBeNull();
    expect(meaning(press("v"), "text", 0, true)).toBeNull();
    expect(meaning(press("Enter"), "text", 0, false)).toEqual({ do: "on" });
    expect(meaning(press("Enter", { shiftKey: true }), "text", 0, false)).toBeNull();
    expect(meaning(press("Backspace"), "text", 0, false)).toBeNull();
    expect(meaning(press("Backspace"), "text", 0, true)).toEqual({ do: "back" });
    expect(meaning(press("Backspace"), "one", 5, true)).toEqual({ do: "back" });
  });

  it("mean nothing when they are held, with a modifier, or while a word is put together", () => {
    expect(meaning(press("Enter", { repeat: true }), "one", 5, true)).toBeNull();
    expect(meaning(press("1", { repeat: true }), "one", 5, true)).toBeNull();
    expect(meaning(press("Backspace", { repeat: true }), "one", 5, true)).toBeNull();
    expect(meaning(press("1", { altKey: true }), "one", 5, true)).toBeNull();
    expect(meaning(press("r", { ctrlKey: true }), "one", 5, true)).toBeNull();
    expect(meaning(press("Enter", { isComposing: true }), "text", 0, false)).toBeNull();
  });

  it("leave Enter to the button at the end, and jump there with Ctrl", () => {
    expect(meaning(press("Enter"), "send", 0, true)).toBeNull();
    expect(meaning(press("Enter", { ctrlKey: true }), "one", 5, true)).toEqual({ do: "end" });
    expect(meaning(press("Backspace"), "send", 0, true)).toEqual({ do: "back" });
  });
});

describe("two keyings", () => {
  const fields = (...pairs: [string, string[]][]): ReadonlyMap<string, string[]> => new Map(pairs);

  it("differ where they do not say the same, blank included; white space and order of boxes do not matter", () => {
    const first = fields(["trust", ["5"]], ["aids", ["pump", "stand"]], ["said", ["god  hjælp"]], ["choice", ["1"]]);
    const second = fields(["trust", ["4"]], ["aids", ["stand", "pump"]], ["said", [" god hjælp "]], ["seen", ["2026-01-01"]]);
    expect(differences(first, second).sort()).toEqual(["choice", "seen", "trust"]);
    expect(differences(first, first)).toEqual([]);
  });

  it("meet form by form in the order of the pile", () => {
    const pile = new Pile();
    pile.add(fields(["trust", ["5"]]));
    pile.add(fields(["trust", ["4"]]));
    expect(pile.first).toBeUndefined();
    pile.turn();
    expect([pile.second, pile.number, pile.size]).toEqual([true, 1, 2]);
    expect(pile.first?.get("trust")).toEqual(["5"]);
    pile.settled();
    expect([pile.number, pile.first?.get("trust")]).toEqual([2, ["4"]]);
    pile.settled();
    expect([pile.second, pile.left]).toEqual([false, 0]);
  });

  it("does not turn an empty pile, and says when it is full", () => {
    const pile = new Pile();
    pile.turn();
    expect(pile.second).toBe(false);
    for (let n = 0; n < LARGEST_PILE; n += 1) pile.add(fields());
    expect(pile.full).toBe(true);
  });
});
