import "fake-indexeddb/auto";

import { beforeEach, describe, expect, it } from "vitest";

import { type Draft, Drafts } from "../src/draft";
import { tab } from "./tab";

const draft: Draft = { fields: [["trust", "5"], ["note", "hemmelig tekst"]], page: "experience" };

async function raw(round: string): Promise<Record<string, unknown> | undefined> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("svarboks", 1);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const request = opening.result.transaction("draft").objectStore("draft").get(round);
      request.onsuccess = () => {
        opening.result.close();
        resolve(request.result as Record<string, unknown> | undefined);
      };
    };
  });
}

beforeEach(() => {
  globalThis.sessionStorage = tab();
});

describe("a draft", () => {
  it("comes back silently in its own tab, and is asked about in another", async () => {
    const drafts = new Drafts("one");
    expect(await drafts.look()).toBe("none");
    await drafts.keep(draft);
    expect(await new Drafts("one").look()).toBe("own");
    globalThis.sessionStorage = tab();
    expect(await new Drafts("one").look()).toBe("other");
    expect(await new Drafts("one").take()).toStrictEqual(draft);
    expect(await new Drafts("one").look()).toBe("own");
    expect(await new Drafts("two").look()).toBe("none");
  });

  it("lies encrypted, under a key that cannot be taken out", async () => {
    await new Drafts("sealed").keep(draft);
    const kept = (await raw("sealed"))!;
    const key = kept["key"] as CryptoKey;
    expect(key.extractable).toBe(false);
    await expect(crypto.subtle.exportKey("raw", key)).rejects.toThrow();
    expect(Buffer.from(kept["box"] as ArrayBuffer).toString("latin1")).not.toContain("hemmelig");
    expect(Object.keys(kept).sort()).toStrictEqual(["box", "day", "iv", "key", "marker"]);
  });

  it("is gone with its key when cleared, and another key is made for the next", async () => {
    const drafts = new Drafts("gone");
    await drafts.keep(draft);
    const before = (await raw("gone"))!["marker"];
    await drafts.clear();
    expect(await raw("gone")).toBeUndefined();
    expect(await drafts.look()).toBe("none");
    await drafts.keep(draft);
    expect((await raw("gone"))!["marker"]).not.toBe(before);
  });

  it("keeps the last of several that were kept at once", async () => {
    const drafts = new Drafts("many");
    await Promise.all(["a", "b", "c"].map((page) => drafts.keep({ ...draft, page })));
    expect((await new Drafts("many").take())?.page).toBe("c");
  });

  it("is let go after thirty days", async () => {
    await new Drafts("old", () => 100).keep(draft);
    expect(await new Drafts("old", () => 130).look()).toBe("own");
    expect(await new Drafts("old", () => 131).look()).toBe("none");
    expect(await raw("old")).toBeUndefined();
  });
});
