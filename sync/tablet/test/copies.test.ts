import "fake-indexeddb/auto";

import { beforeEach, describe, expect, it } from "vitest";

import { copiedKeys } from "../src/copies";
import { bringBack, bringBackWhatWasLost } from "../src/lost_answers";
import { counts, keepSealed, read, settle } from "../src/queue";
import { database } from "../src/storage";
import { FakeCaches } from "./fake_caches";
import { answer } from "./fake_server";
import { tab } from "./tab";

const DAY = 20_783; // 26 November 2026

async function loseTheDatabase(): Promise<void> {
  const db = await database();
  for (const store of ["queue", "tablet", "bundles"] as const) await db.clear(store);
}

beforeEach(async () => {
  await loseTheDatabase();
  Object.assign(globalThis, { caches: new FakeCaches(), sessionStorage: tab() });
});

describe("the copies of what is not delivered", () => {
  const copyPath = (key: string): string => `/tablet/copies/${key}`;

  async function loseTheDatabase(): Promise<void> {
    const db = await database();
    for (const store of ["queue", "tablet", "bundles"] as const) await db.clear(store);
  }

  it("bring answers back that the database has lost, with their letter's code", async () => {
    await keepSealed(answer(1));
    await keepSealed({ ...answer(2), channel: "web", code: "K7M2PQ4R" });
    const keys = [answer(1).key, answer(2).key];
    const before = await read(keys);
    await loseTheDatabase();
    expect(await bringBack(DAY)).toBe(2);
    expect(await read(keys)).toStrictEqual(before);
    expect(before[1]!.code).toBe("K7M2PQ4R");
    expect(await bringBack(DAY)).toBe(0);
  });

  it("go when the answer has its receipt", async () => {
    await keepSealed(answer(1));
    await keepSealed(answer(2));
    await settle([{ key: answer(1).key, state: "delivered", day: 1 }, { key: answer(2).key, state: "failed", reason: "round-full" }]);
    expect(await copiedKeys()).toStrictEqual([answer(2).key]);
    await loseTheDatabase();
    expect(await bringBack(DAY)).toBe(1);
  });

  it("are not believed when they are not whole", async () => {
    await keepSealed(answer(1));
    const kept = await caches.open("svarboks-copies-1");
    const whole = await kept.match(copyPath(answer(1).key));
    await kept.put(copyPath(answer(1).key), new Response("half", { headers: whole!.headers }));
    await loseTheDatabase();
    expect(await bringBack(DAY)).toBe(0);
    expect(await copiedKeys()).toStrictEqual([]);
  });

  it("that cannot be kept refuse the answer before the database is touched", async () => {
    const kept = await caches.open("svarboks-copies-1");
    kept.put = async () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    await expect(keepSealed(answer(1))).rejects.toMatchObject({ word: "storage_full" });
    expect(await counts()).toStrictEqual({ waiting: 0, delivered: 0, failed: 0 });
  });

  it("of an answer that the database refused are let go", async () => {
    const db = await database();
    const before = db.transaction.bind(db);
    db.transaction = (() => {
      throw new DOMException("full", "UnknownError");
    }) as unknown as typeof db.transaction;
    await expect(keepSealed(answer(1))).rejects.toMatchObject({ word: "storage_refused" });
    db.transaction = before;
    expect(await copiedKeys()).toStrictEqual([]);
  });

  it("are looked through at the first start of a day or a tab, and whenever the database begins anew", async () => {
    await keepSealed(answer(1));
    const looks = async (today: number): Promise<boolean> => {
      // One that nobody needs goes when they are looked through, and only then.
      const kept = await caches.open("svarboks-copies-1");
      await kept.put(copyPath("f".repeat(32)), new Response("left over"));
      await bringBackWhatWasLost(today);
      return !(await copiedKeys())!.includes("f".repeat(32));
    };
    expect([await looks(DAY), await looks(DAY), await looks(DAY + 1), await looks(DAY + 1)]).toStrictEqual([true, false, true, false]);
    sessionStorage.clear();
    expect([await looks(DAY + 1), await looks(DAY + 1)]).toStrictEqual([true, false]);
    await loseTheDatabase();
    expect([await looks(DAY + 1), (await counts()).waiting]).toStrictEqual([true, 1]);
    // A worker has no tab: it looks by the day and by the database.
    Reflect.deleteProperty(globalThis, "sessionStorage");
    expect([await looks(DAY + 1), await looks(DAY + 2)]).toStrictEqual([false, true]);
    await loseTheDatabase();
    expect([await looks(DAY + 2), (await counts()).waiting]).toStrictEqual([true, 1]);
  });

  it("that cannot be listed are looked through at the next start", async () => {
    const kept = await caches.open("svarboks-copies-1");
    await keepSealed(answer(1));
    await loseTheDatabase();
    const real = kept.keys;
    kept.keys = () => Promise.reject(new Error("not now"));
    expect(await bringBackWhatWasLost(DAY)).toBe(0);
    kept.keys = real;
    expect(await bringBackWhatWasLost(DAY)).toBe(1);
  });
});
