// A queue of thousands costs what one of a few does: at each answer, at each page that opens, at each batch.

import "fake-indexeddb/auto";

import { beforeEach, describe, expect, it } from "vitest";

import { Line } from "../src/line";
import { bringBackWhatWasLost } from "../src/lost_answers";
import { counts, deliverAgain, keepSealed, letOldGo, type QueueItem, settle, tryFailedAgain, waitingAfter, withdrawRefused } from "../src/queue";
import { flush } from "../src/sender";
import { database, keepNamed } from "../src/storage";
import { forgetNumbers } from "../src/tally";
import { FakeCaches } from "./fake_caches";
import { answer, FakeServer } from "./fake_server";
import { tab } from "./tab";

const DAY = 20_783; // 26 November 2026

/** Records that were read or stepped over, and keys that were counted, since `work` was set to 0. */
let work = 0;

/** Counts what passes through the database: each record of a list, each step of a cursor, each key that is counted. */
function watched(): void {
  const weigh = (result: unknown): number => (Array.isArray(result) ? result.length : typeof result === "number" ? result : 1);
  for (const kind of [IDBObjectStore, IDBIndex]) {
    for (const name of ["get", "getKey", "getAll", "getAllKeys", "count"] as const) {
      const real = kind.prototype[name] as (...given: unknown[]) => IDBRequest;
      (kind.prototype as unknown as Record<string, unknown>)[name] = function (this: unknown, ...given: unknown[]): IDBRequest {
        const request = real.apply(this, given);
        request.addEventListener("success", () => (work += weigh(request.result)));
        return request;
      };
    }
  }
  for (const name of ["continue", "continuePrimaryKey", "advance"] as const) {
    const real = IDBCursor.prototype[name] as (...given: unknown[]) => void;
    (IDBCursor.prototype as unknown as Record<string, unknown>)[name] = function (this: unknown, ...given: unknown[]): void {
      work += 1;
      real.apply(this, given);
    };
  }
}

watched();

async function holding(number: number, state: QueueItem["state"] = "waiting"): Promise<void> {
  const adding = (await database()).transaction("queue", "readwrite");
  for (let index = 1; index <= number; index += 1) void adding.store.add({ ...answer(index, 40), state, ...(state === "delivered" ? { day: DAY } : {}) });
  await adding.done;
  await forgetNumbers();
  await counts();
}

async function costOf(act: () => Promise<unknown>): Promise<number> {
  work = 0;
  await act();
  return work;
}

async function emptied(): Promise<void> {
  const db = await database();
  for (const store of ["queue", "tablet"] as const) await db.clear(store);
  Object.assign(globalThis, { caches: new FakeCaches(), sessionStorage: tab() });
}

beforeEach(emptied);

describe("the cost of a queue that is full", () => {
  const around = (server: FakeServer): Parameters<typeof flush>[1] => ({ fetch: server.fetch, seconds: () => 0, today: () => DAY, line: new Line() });

  it("is watched: counting anew walks through all of it", async () => {
    await holding(500);
    await forgetNumbers();
    expect(await costOf(counts)).toBeGreaterThan(500);
  });

  it.each<[string, (server: FakeServer) => Promise<unknown>]>([
    ["one more answer, and what everybody shows of it", async () => { await keepSealed(answer(9999, 40)); await counts(); }],
    ["one that is delivered", () => settle([{ key: answer(120, 40).key, state: "delivered", day: DAY }])],
    ["a page that opens", () => bringBackWhatWasLost(DAY)],
    ["an attempt without a network", async (server) => { server.faults = [() => Promise.reject(new TypeError("no network"))]; await flush("kept", around(server)); }],
    ["the next batch", () => waitingAfter("tablet", answer(20, 40).key, 100)],
  ])("does not grow with it: %s", async (_, act) => {
    const costs: number[] = [];
    for (const number of [150, 3000]) {
      await emptied();
      await holding(number);
      await bringBackWhatWasLost(DAY);
      await keepNamed({ swept: DAY });
      costs.push(await costOf(() => act(new FakeServer())));
    }
    // Where a batch begins is by chance; it is one batch all the same.
    expect(costs[1]).toBeLessThanOrEqual(Math.max(costs[0]! + 4, 220));
  });

  it("does not grow with what was delivered: one more answer is sent", async () => {
    const costs: number[] = [];
    for (const number of [10, 3000]) {
      await emptied();
      await holding(number, "delivered");
      const server = new FakeServer();
      // The first of a day goes through all, to let old ones go; those after it do not.
      for (const one of [5001, 5002]) {
        await keepSealed(answer(one, 40));
        costs.push(await costOf(() => flush("kept", around(server))));
      }
      expect(server.kept.size).toBe(2);
    }
    expect(costs[2]).toBeGreaterThan(3000);
    expect(costs[3]).toBe(costs[1]);
  });
});

describe("a queue of more than one number of random bytes reaches", () => {
  it("goes up all the same", async () => {
    // A browser gives at most 65,536 random bytes at a time: the keys of 17,000 answers cannot be shuffled with them at once.
    await holding(17_000);
    const server = new FakeServer();
    server.faults = [(batch) => server.receive(batch), () => Promise.reject(new TypeError("no network"))];
    const line = new Line();
    const { counts: left } = await flush("kept", { fetch: server.fetch, seconds: () => 0, today: () => DAY, line });
    expect([server.kept.size, left]).toStrictEqual([100, { waiting: 16_900, delivered: 100, failed: 0 }]);
  });
});

describe("the kept numbers", () => {
  const both = async (): Promise<unknown> => {
    const kept = [await counts(), await counts("tablet"), await counts("web")];
    await forgetNumbers();
    expect([await counts(), await counts("tablet"), await counts("web")]).toStrictEqual(kept);
    return kept[0];
  };

  it("are what counting gives, whatever is done", async () => {
    const server = new FakeServer();
    const send = (): Promise<unknown> => flush("online", { fetch: server.fetch, seconds: () => 0, today: () => DAY, line: new Line() });
    expect(await both()).toStrictEqual({ waiting: 0, delivered: 0, failed: 0 });
    for (let index = 1; index <= 6; index += 1) await keepSealed(answer(index));
    await keepSealed({ ...answer(7), channel: "web" });
    await keepSealed(answer(1));
    expect(await both()).toStrictEqual({ waiting: 7, delivered: 0, failed: 0 });
    server.refusals.set(answer(2).key, { code: "bad-envelope", retry_after: null });
    server.refusals.set(answer(7).key, { code: "code-used", retry_after: null });
    await send();
    expect(await both()).toStrictEqual({ waiting: 0, delivered: 5, failed: 2 });
    await withdrawRefused(answer(7).key);
    await withdrawRefused(answer(1).key);
    expect(await both()).toStrictEqual({ waiting: 0, delivered: 5, failed: 1 });
    await tryFailedAgain();
    expect(await both()).toStrictEqual({ waiting: 1, delivered: 5, failed: 0 });
    await letOldGo(DAY + 40, DAY + 40);
    expect(await both()).toStrictEqual({ waiting: 1, delivered: 0, failed: 0 });
    server.refusals.clear();
    await send();
    await deliverAgain();
    expect(await both()).toStrictEqual({ waiting: 1, delivered: 0, failed: 0 });
  });

  it("never hide that something waits, or say it where nothing does: an older app changed the queue without them", async () => {
    await keepSealed(answer(1));
    expect((await counts()).waiting).toBe(1);
    const db = await database();
    const item = (await db.get("queue", answer(1).key))!;
    await db.put("queue", { ...item, state: "delivered", day: DAY });
    expect(await counts()).toStrictEqual({ waiting: 0, delivered: 1, failed: 0 });
    await db.put("queue", item);
    await db.put("queue", { ...answer(2), state: "waiting" });
    expect(await counts()).toStrictEqual({ waiting: 2, delivered: 0, failed: 0 });
  });

  it("can be had of a disk that is full", async () => {
    await keepSealed(answer(1));
    const db = await database();
    const real = db.transaction.bind(db);
    db.transaction = ((stores: "queue"[], mode?: "readonly") => {
      if (mode) throw new DOMException("full", "QuotaExceededError");
      return real(stores);
    }) as unknown as typeof db.transaction;
    expect((await counts()).waiting).toBe(1);
    db.transaction = real;
  });
});
