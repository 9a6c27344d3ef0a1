import "fake-indexeddb/auto";

import { beforeEach, describe, expect, it } from "vitest";

import { installedBundles, turnPage } from "../src/bundles";
import { counts, keepSealed } from "../src/queue";
import { bringBackSelf, copySelf } from "../src/self_copy";
import { database, keepNamed, named } from "../src/storage";
import { declined, enrolment, manifest } from "../src/tablet_state";
import { startTurn } from "../src/turn_course";
import { FakeCaches } from "./fake_caches";
import { answer } from "./fake_server";
import { tab } from "./tab";

const PIN = { salt: "c2FsdA", iterations: 1, hash: "aGFzaA" };
const UNIT = { id: "assens", name: "Assens" };
const BUNDLE = { round: "one", version: "v1", paddedSize: 4096, pages: { da: "a".repeat(64) } };

async function loseTheDatabase(): Promise<void> {
  const db = await database();
  for (const store of ["queue", "tablet", "bundles"] as const) await db.clear(store);
}

/** A tablet that was enrolled and carries one questionnaire. */
async function enrolled(): Promise<void> {
  await keepNamed({ enrolment: { tablet: "Assens 1", unit: UNIT, pin: PIN }, manifest: { rounds: [] }, epoch: "0a" });
  await (await database()).put("bundles", BUNDLE);
  const kept = await caches.open("svarboks-bundles");
  await kept.put(`/tablet/bundle/${"a".repeat(64)}`, new Response("the page"));
  await copySelf();
}

beforeEach(async () => {
  await loseTheDatabase();
  Object.assign(globalThis, { caches: new FakeCaches(), sessionStorage: tab() });
});

describe("the copy of what a tablet is", () => {
  it("makes it the same tablet again when the database is lost", async () => {
    await enrolled();
    await declined("one");
    const turn = await startTurn(BUNDLE, "da", 30);
    const before = [await enrolment(), await manifest(), await installedBundles(), await named("declined"), await named("epoch"), await named("held")];
    await loseTheDatabase();
    expect(await enrolment()).toBeNull();
    expect(await bringBackSelf()).toBe(true);
    expect([await enrolment(), await manifest(), await installedBundles(), await named("declined"), await named("epoch"), await named("held")]).toStrictEqual(before);
    // The turn that was on goes on, on the page that it began with.
    expect(await (await turnPage("one", "da"))?.text()).toBe("the page");
    expect(await named("shown")).toBe(turn?.id);
    expect(await bringBackSelf()).toBe(false);
  });

  it("knows that it was withdrawn", async () => {
    await enrolled();
    await keepNamed({ standing: "revoked" });
    await copySelf();
    await loseTheDatabase();
    await bringBackSelf();
    expect((await enrolment())?.standing).toBe("revoked");
  });

  it("changes nothing where the database knows what it is, and brings no counts back", async () => {
    await enrolled();
    await keepSealed(answer(1));
    await counts();
    await copySelf();
    await keepNamed({ epoch: "0b" });
    expect(await bringBackSelf()).toBe(false);
    expect(await named("epoch")).toBe("0b");
    await loseTheDatabase();
    await bringBackSelf();
    expect([await counts(), await named("code-key"), await named("looked")]).toStrictEqual([{ waiting: 0, delivered: 0, failed: 0 }, undefined, undefined]);
  });

  it("is not there for a browser that is no tablet, nor taken for one that was enrolled anew", async () => {
    await copySelf();
    expect(await bringBackSelf()).toBe(false);
    await enrolled();
    await loseTheDatabase();
    await keepNamed({ enrolment: { tablet: "Billund 2", unit: UNIT, pin: PIN } });
    expect(await bringBackSelf()).toBe(false);
    expect((await enrolment())?.tablet).toBe("Billund 2");
  });

  it("hinders nothing where it cannot be written", async () => {
    await enrolled();
    const kept = await caches.open("svarboks-self-1");
    kept.put = async () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    await declined("one");
    expect(await named("declined")).toStrictEqual({ one: 1 });
  });
});
