import "fake-indexeddb/auto";

import { beforeEach, describe, expect, it } from "vitest";

import { Line } from "../src/line";
import { deliverAgain, hideClearCodes, keepSealed, read } from "../src/queue";
import { flush } from "../src/sender";
import { database } from "../src/storage";
import { answer, FakeServer } from "./fake_server";

const CODE = "K7M2PQ4R";
const invited = (number: number) => ({ ...answer(number), channel: "web" as const, code: CODE });
let server: FakeServer;

async function send(): Promise<string[]> {
  const before = server.batches.length;
  await flush("kept", { fetch: server.fetch, seconds: () => 0, today: () => 20_783, line: new Line() });
  return server.batches.slice(before).flatMap(({ items }) => items.map(({ code }) => code));
}

/** All that lies in the database, as text. */
async function lying(): Promise<string> {
  const db = await database();
  const all = await Promise.all((["queue", "tablet", "bundles", "probe"] as const).map((store) => db.getAll(store)));
  return JSON.stringify(all, (_, value: unknown) => (value instanceof Uint8Array || value instanceof ArrayBuffer ? new TextDecoder("latin1").decode(value) : value));
}

beforeEach(async () => {
  const db = await database();
  for (const store of ["queue", "tablet", "bundles"] as const) await db.clear(store);
  server = new FakeServer();
});

describe("the code of a letter", () => {
  it("does not lie beside its answer, neither before it is delivered nor after", async () => {
    await keepSealed(invited(1));
    expect(await lying()).not.toContain(CODE);
    expect(await send()).toStrictEqual([CODE]);
    expect(await lying()).not.toContain(CODE);
  });

  it("is under a key that cannot be taken out", async () => {
    await keepSealed(invited(1));
    const key = (await (await database()).get("tablet", "code-key")) as CryptoKey;
    await expect(crypto.subtle.exportKey("raw", key)).rejects.toThrow();
  });

  it("goes again with its answer when the server was restored", async () => {
    await keepSealed(invited(1));
    await send();
    await deliverAgain();
    expect(await send()).toStrictEqual([CODE]);
  });

  it("goes when an older app kept it, and is hidden by the new one", async () => {
    const db = await database();
    await db.put("queue", { ...invited(1), state: "waiting" });
    await db.put("queue", { ...invited(2), state: "delivered", day: 20_783 });
    await db.put("queue", { ...answer(3), state: "waiting" });
    expect((await read([answer(1).key]))[0]!.code).toBe(CODE);
    await hideClearCodes();
    expect(await lying()).not.toContain(CODE);
    await deliverAgain();
    expect((await send()).sort()).toStrictEqual(["", CODE, CODE]);
  });

  it("does not fit to another answer", async () => {
    await keepSealed(invited(1));
    const db = await database();
    const [{ hidden } = {}] = await db.getAll("queue");
    await db.put("queue", { ...answer(2), state: "waiting", ...(hidden ? { hidden } : {}) });
    expect((await read([answer(2).key]))[0]!.code).toBeUndefined();
  });

  it("is made readable by one key, whoever begins at the same time", async () => {
    await Promise.all([1, 2, 3, 4].map((number) => keepSealed(invited(number))));
    expect(await send()).toStrictEqual([CODE, CODE, CODE, CODE]);
  });
});
