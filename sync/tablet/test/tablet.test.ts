import "fake-indexeddb/auto";

import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { holdVersion, installedBundle, releaseAllBut, releaseVersion, showVersionOf, turnPage } from "../src/bundles";
import { counts, keepSealed } from "../src/queue";
import { flush } from "../src/sender";
import { Line } from "../src/line";
import { SILENCE } from "../src/silence";
import { database, named, roomFor } from "../src/storage";
import { declined, enrol, enrolment, manifest, type ManifestRound, refresh, report, saveQueueToFile } from "../src/tablet_state";
import { FakeCaches } from "./fake_caches";
import { currentTurn, hasShown, ledBack } from "../src/turn";
import { hasPage, startTurn } from "../src/turn_course";
import { answer, FakeServer, json, unpack } from "./fake_server";
import { tab } from "./tab";

const PIN = { salt: "c2FsdA", iterations: 1, hash: "aGFzaA" };
const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
const named10 = (name: string, ending: string, text: string): string => `/static/built/${name}.${hash(text).slice(0, 10)}.${ending}`;

/** A server of one tablet: pages, files, what it was told. */
class FakeHome {
  files = new Map<string, string>();
  rounds: ManifestRound[] = [];
  contacts: Record<string, unknown>[] = [];
  asked: string[] = [];
  epoch = "00000000000000aa";
  standing: Response | null = null;
  /** What is answered instead, by address. */
  faults = new Map<string, () => Response | Promise<Response>>();

  readonly fetch: typeof fetch = async (input, init) => {
    const address = String(input);
    this.asked.push(address);
    const fault = this.faults.get(address);
    if (fault) return fault();
    if (this.standing && address !== "/api/tablet/enrolment") return this.standing.clone();
    const said = { epoch: this.epoch, tablet: "Assens 1", unit: { id: "assens", name: "Assens" }, pin: PIN };
    if (address === "/api/tablet/enrolment") {
      const { code } = JSON.parse(String(init?.body)) as { code: string };
      return code === "right" ? json(201, said) : json(404, { code: "enrolment-unknown" }, "application/problem+json");
    }
    if (address === "/api/tablet/manifest") return json(200, { ...said, rounds: this.rounds });
    if (address === "/api/tablet/contact") {
      this.contacts.push(JSON.parse(String(init?.body)) as Record<string, unknown>);
      return json(200, { epoch: this.epoch });
    }
    const file = this.files.get(address);
    return file === undefined ? new Response("no", { status: 404 }) : new Response(file);
  };

  /** Publishes a version of a round in Danish and Arabic; `script` is the page's script, which changes with the app. */
  publish(round: string, version: string, script = "run()"): { page: string; style: string; script: string; font: string } {
    const font = named10("fonts/plex", "woff2", "glyphs");
    const css = `@font-face{src:url("${font.slice("/static/built/".length)}")}`;
    const [style, code] = [named10("style", "css", css), named10("answer", "js", script)];
    for (const [address, text] of [[font, "glyphs"], [style, css], [code, script]] as const) this.files.set(address, text);
    const languages = ["da", "ar"].map((tag) => {
      const html = `<html lang="${tag}"><link href="${style}"><script src="${code}"></script>${round} ${version}</html>`;
      const page = `/api/tablet/pages/${round}/${version}/${tag}`;
      this.files.set(page, html);
      return { tag, name: tag, direction: "ltr" as const, page, sha256: hash(html) };
    });
    const said = {
      round, version, kid: "0", public_key: "", padded_size: 4096, shape: "survey", promise: "anonymous", test: false, state: "open" as const,
      opens_at: "", answer_until: "", turn_minutes: 30, title: { da: round }, languages,
    };
    this.rounds = [...this.rounds.filter((one) => one.round !== round), said];
    return { page: languages[0]!.page, style, script: code, font };
  }
}

let home: FakeHome;
let caches: FakeCaches;

beforeEach(async () => {
  const db = await database();
  for (const store of ["queue", "tablet", "bundles"] as const) await db.clear(store);
  home = new FakeHome();
  caches = new FakeCaches();
  globalThis.caches = caches as unknown as CacheStorage;
  globalThis.sessionStorage = tab();
});

async function page(round: string, language = "da"): Promise<string | null> {
  return (await turnPage(round, language))?.text() ?? null;
}

describe("a version of a questionnaire", () => {
  it("is installed with all that its pages load, and asked for once", async () => {
    const { style, script, font } = home.publish("one", "v1");
    expect(await refresh("b", home.fetch)).toStrictEqual({ outcome: "done", missing: [] });
    expect(await page("one")).toContain("one v1");
    expect(await page("one", "ar")).toContain('lang="ar"');
    expect(await page("one", "en")).toBeNull();
    expect(caches.paths).toEqual(expect.arrayContaining([style, script, font]));
    home.asked = [];
    await refresh("b", home.fetch);
    expect(home.asked).toStrictEqual(["/api/tablet/manifest", "/api/tablet/contact"]);
  });

  const missing = (): Response => new Response("no", { status: 500 });
  it.each<[string, (names: ReturnType<FakeHome["publish"]>) => string, () => Response | Promise<Response>]>([
    ["a page with 500", ({ page }) => page, missing],
    ["a page with other bytes (a login page)", ({ page }) => page, () => new Response("<h1>Log in</h1>")],
    ["a script that is missing", ({ script }) => script, () => new Response("no", { status: 404 })],
    ["a script with other bytes", ({ script }) => script, () => new Response("alert(1)")],
    ["a line that breaks at the script", ({ script }) => script, () => Promise.reject(new TypeError("gone"))],
  ])("stays the old one after %s, while other rounds go on", async (_, of, fault) => {
    home.publish("one", "v1");
    await refresh("b", home.fetch);
    const names = home.publish("one", "v2", "run(2)");
    home.publish("two", "v1");
    home.faults.set(of(names), fault);
    expect(await refresh("b", home.fetch)).toStrictEqual({ outcome: "done", missing: ["one"] });
    expect(await page("one")).toContain("one v1");
    expect((await installedBundle("one"))?.version).toBe("v1");
    expect(await page("two")).toContain("two v1");
    // What the old one loads is all there.
    expect(caches.paths).toContain(named10("answer", "js", "run()"));
    home.faults.clear();
    expect((await refresh("b", home.fetch)).missing).toStrictEqual([]);
    expect(await page("one")).toContain("one v2");
    expect(caches.paths).not.toContain(named10("answer", "js", "run(3)"));
  });

  it("is held by a turn until it ends, in every language and whatever is withdrawn meanwhile", async () => {
    home.publish("one", "v1");
    await refresh("b", home.fetch);
    await holdVersion("turn-1", (await installedBundle("one"))!);
    home.publish("one", "v2", "run(2)");
    await refresh("b", home.fetch);
    expect([await page("one"), await page("one", "ar")]).toStrictEqual([expect.stringContaining("one v1"), expect.stringContaining("one v1")]);
    home.rounds = [];
    await refresh("b", home.fetch);
    expect(await page("one")).toContain("one v1");
    expect(caches.paths).toContain(named10("answer", "js", "run()"));
    await releaseVersion("turn-1");
    await refresh("b", home.fetch);
    expect(await page("one")).toBeNull();
    expect(caches.paths).toStrictEqual(["/tablet/self"]);
  });

  it("is shown of the turn that is on: a paused one keeps its own", async () => {
    home.publish("one", "v1");
    await refresh("b", home.fetch);
    await holdVersion("paused", (await installedBundle("one"))!);
    home.publish("one", "v2", "run(2)");
    await refresh("b", home.fetch);
    await releaseAllBut(["paused"]);
    await holdVersion("next", (await installedBundle("one"))!);
    expect(await page("one")).toContain("one v2");
    await refresh("b", home.fetch);
    await showVersionOf("paused");
    expect(await page("one")).toContain("one v1");
  });
});

describe("a turn", () => {
  it("does not begin on a version that was replaced since the list was drawn", async () => {
    home.publish("one", "v1");
    await refresh("b", home.fetch);
    const drawn = (await installedBundle("one"))!;
    // The same version on another page: the app was changed.
    home.publish("one", "v1", "run(2)");
    home.rounds = home.rounds.map((round) => ({ ...round, languages: round.languages.slice(0, 1) }));
    await refresh("b", home.fetch);
    expect(await startTurn(drawn, "da", 30)).toBeNull();
    expect([await currentTurn(), await named("held")]).toStrictEqual([null, {}]);
    const turn = (await startTurn((await installedBundle("one"))!, "da", 30))!;
    expect([await hasPage(turn), (await currentTurn())?.own]).toStrictEqual([true, true]);
  });

  it("keeps its pages also where it begins while old ones are let go", async () => {
    home.publish("one", "v1");
    await refresh("b", home.fetch);
    const bundle = (await installedBundle("one"))!;
    const cache = await caches.open("svarboks-bundles");
    const look = cache.keys.bind(cache);
    let began: Promise<unknown> | null = null;
    cache.keys = async () => {
      began ??= startTurn(bundle, "da", 30);
      await began;
      return look();
    };
    home.rounds = [];
    await refresh("b", home.fetch);
    expect([await began, await currentTurn()]).toStrictEqual([null, null]);
  });

  it("whose page is gone is over, rather than to lead back and forth", async () => {
    home.publish("one", "v1");
    await refresh("b", home.fetch);
    const turn = (await startTurn((await installedBundle("one"))!, "da", 30))!;
    caches.all.clear();
    expect([await hasPage(turn), await currentTurn()]).toStrictEqual([false, null]);
  });

  it("whose page never comes to show itself waits for staff after a few times", async () => {
    home.publish("one", "v1");
    await refresh("b", home.fetch);
    await startTurn((await installedBundle("one"))!, "da", 30);
    for (let time = 0; time < 20; time += 1) {
      expect(ledBack()).toBe(true);
      if (time % 2) hasShown();
    }
    expect(Array.from({ length: 6 }, ledBack)).toStrictEqual([true, true, true, true, true, false]);
    expect((await currentTurn())?.own).toBe(false);
  });
});

describe("a tablet", () => {
  it("is enrolled by a code, and keeps what it was told but no token", async () => {
    await expect(enrol("wrong", home.fetch)).rejects.toMatchObject({ word: "enrol_unknown" });
    expect(await enrolment()).toBeNull();
    home.faults.set("/api/tablet/enrolment", () => new Response("<h1>Log in</h1>", { headers: { "Content-Type": "text/html" } }));
    await expect(enrol("right", home.fetch)).rejects.toMatchObject({ word: "enrol_offline" });
    home.faults.clear();
    await enrol("right", home.fetch);
    expect(await enrolment()).toStrictEqual({ tablet: "Assens 1", unit: { id: "assens", name: "Assens" }, pin: PIN, standing: "enrolled" });
    expect((await (await database()).getAllKeys("tablet")).sort()).toStrictEqual(["app", "enrolment", "epoch"]);
  });

  it.each([["tablet-unknown", 401, "unknown"], ["tablet-revoked", 403, "revoked"]] as const)("that is refused (%s) loses nothing", async (code, status, standing) => {
    await enrol("right", home.fetch);
    home.publish("one", "v1");
    await refresh("b", home.fetch);
    await keepSealed(answer(1));
    home.standing = json(status, { code }, "application/problem+json");
    expect((await refresh("b", home.fetch)).outcome).toBe(standing);
    expect((await enrolment())?.standing).toBe(standing);
    expect([await page("one"), (await counts()).waiting, (await manifest())?.rounds.length]).toStrictEqual([expect.stringContaining("v1"), 1, 1]);
    home.standing = null;
    await enrol("right", home.fetch);
    expect((await enrolment())?.standing).toBe("enrolled");
  });

  it.each<[string, () => Response | Promise<Response>]>([
    ["a portal's page", () => new Response("<h1>Log in</h1>", { headers: { "Content-Type": "text/html" } })],
    ["a portal's 403", () => new Response("no", { status: 403, headers: { "Content-Type": "text/html" } })],
    ["JSON that is no manifest", () => json(200, { rounds: "none" })],
    ["nothing", () => Promise.reject(new TypeError("gone"))],
  ])("believes nothing after %s", async (_, fault) => {
    await enrol("right", home.fetch);
    home.publish("one", "v1");
    await refresh("b", home.fetch);
    home.faults.set("/api/tablet/manifest", fault);
    expect((await refresh("b", home.fetch)).outcome).toBe("offline");
    expect([(await enrolment())?.standing, await page("one")]).toStrictEqual(["enrolled", expect.stringContaining("v1")]);
  });

  it("enrolled as another counts those who declined anew, and goes on where it was when it is itself again", async () => {
    await enrol("right", home.fetch);
    await declined("one");
    const there = { tablet: "Odense 2", unit: { id: "odense", name: "Odense" }, pin: PIN, epoch: "00000000000000aa" };
    home.faults.set("/api/tablet/enrolment", () => json(201, there));
    await enrol("right", home.fetch);
    expect(await named("declined")).toBeUndefined();
    await declined("one");
    await declined("one");
    home.faults.clear();
    await enrol("right", home.fetch);
    await enrol("right", home.fetch);
    expect(await named("declined")).toStrictEqual({ one: 1 });
  });

  it("reports what waits and totals of those who declined, so that repeats change nothing", async () => {
    home.publish("one", "v1");
    await keepSealed(answer(1));
    await Promise.all([declined("one"), declined("one"), declined("two")]);
    await refresh("build", home.fetch);
    await refresh("build", home.fetch);
    const said = { waiting: 1, failed: 0, app: "build", versions: { one: "v1" }, declined: { one: 2, two: 1 } };
    expect(home.contacts).toStrictEqual([said, said]);
  });

  it("reports what is installed, not what is listed", async () => {
    home.publish("one", "v1");
    await refresh("b", home.fetch);
    home.faults.set(home.publish("one", "v2").page, () => new Response("no", { status: 500 }));
    await refresh("b", home.fetch);
    expect(home.contacts.map(({ versions }) => versions)).toStrictEqual([{ one: "v1" }, { one: "v1" }]);
  });

  it("reports again once something was sent, and not when nothing is new", async () => {
    const server = new FakeServer();
    await keepSealed(answer(1));
    await refresh("b", home.fetch);
    await report("b", home.fetch, true);
    expect(home.contacts.map(({ waiting }) => waiting)).toStrictEqual([1]);
    await flush("kept", { fetch: server.fetch, seconds: () => 0, today: () => 0, line: new Line() });
    // Where it does not get through, it is still news.
    home.faults.set("/api/tablet/contact", () => new Response("no", { status: 502 }));
    await report("b", home.fetch, true);
    home.faults.clear();
    await report("b", home.fetch, true);
    await report("b", home.fetch, true);
    expect(home.contacts.map(({ waiting }) => waiting)).toStrictEqual([1, 0]);
  });

  it("saves what is not delivered to a file of batches", async () => {
    const server = new FakeServer();
    await keepSealed(answer(1));
    await flush("kept", { fetch: server.fetch, seconds: () => 0, today: () => 0, line: new Line() });
    for (let index = 2; index <= 130; index += 1) await keepSealed(answer(index));
    const bytes = new Uint8Array(await (await saveQueueToFile()).arrayBuffer());
    const first = 8 + 100 * (5 + 4300);
    const items = [...unpack(bytes.slice(0, first)), ...unpack(bytes.slice(first))];
    expect(new Set(items.map(({ envelope }) => Buffer.from(envelope).toString("hex"))).size).toBe(129);
    expect((await counts()).waiting).toBe(129);
  });

  it("sends what was delivered again when a contact names another epoch", async () => {
    const server = new FakeServer();
    await keepSealed(answer(1));
    await flush("kept", { fetch: server.fetch, seconds: () => 0, today: () => 0, line: new Line() });
    home.epoch = "00000000000000cc";
    await refresh("b", home.fetch);
    expect([(await counts()).waiting, await named("epoch")]).toStrictEqual([1, home.epoch]);
  });
});

describe("on a line that stalls", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  /** What `act` comes to when the time for silence passes as often as need be. */
  async function inTheEnd<T>(act: Promise<T>): Promise<T> {
    let done = false;
    act.then(() => (done = true), () => (done = true));
    // What hashes and stores meanwhile takes as long as the machine likes; what never ends is ended by the test's own limit.
    while (!done) {
      await new Promise((resolve) => setImmediate(resolve));
      await vi.advanceTimersByTimeAsync(SILENCE / 20);
    }
    return act;
  }
  const never = (): Promise<Response> => new Promise(() => undefined);
  const halfOf = (): Response => new Response(new ReadableStream({ start: (to) => to.enqueue(new TextEncoder().encode("{")) }), { headers: { "Content-Type": "application/json" } });

  it.each([["nothing", never], ["half an answer", halfOf]])("enrolment, news and contact end after %s", async (_, fault) => {
    for (const address of ["enrolment", "manifest", "contact"]) home.faults.set(`/api/tablet/${address}`, fault);
    const refused = enrol("right", home.fetch).catch((error: unknown) => error);
    expect(await inTheEnd(refused)).toMatchObject({ word: "enrol_offline" });
    expect((await inTheEnd(refresh("b", home.fetch))).outcome).toBe("offline");
    home.faults.delete("/api/tablet/manifest");
    expect((await inTheEnd(refresh("b", home.fetch))).outcome).toBe("done");
  });

  it.each([["nothing", never], ["half a page", halfOf]])("a page is given up after %s, and the other rounds come", async (_, fault) => {
    home.faults.set(home.publish("one", "v1").page, fault);
    home.publish("two", "v1");
    expect(await inTheEnd(refresh("b", home.fetch))).toStrictEqual({ outcome: "done", missing: ["one"] });
    expect(await page("two")).toContain("two v1");
  });

  it("a page that comes slowly, longer than all patience with silence, is taken", async () => {
    const { page: address } = home.publish("one", "v1");
    const bytes = new TextEncoder().encode(home.files.get(address));
    let at = 0;
    const slowly = new ReadableStream<Uint8Array>({
      pull: async (to) => {
        await new Promise((resolve) => setTimeout(resolve, SILENCE / 4));
        to.enqueue(bytes.subarray(at, at + 12));
        at += 12;
        if (at >= bytes.length) to.close();
      },
    });
    home.faults.set(address, () => new Response(slowly));
    expect((await inTheEnd(refresh("b", home.fetch))).missing).toStrictEqual([]);
    expect(at).toBeGreaterThan(5 * 12);
  });
});

describe("room for another answer", () => {
  function estimate(quota: number, usage: number): void {
    Object.defineProperty(globalThis, "navigator", { configurable: true, value: { storage: { estimate: async () => ({ quota, usage }) } } });
  }

  it("is there or not, by the browser's estimate and by trying", async () => {
    estimate(50_000_000, 1_000_000);
    expect(await roomFor(4096)).toStrictEqual({ ok: true });
    estimate(50_000_000, 49_500_000);
    expect(await roomFor(4096)).toStrictEqual({ ok: false, why: "storage_full" });
    // The estimate is wrong: writing says so.
    estimate(50_000_000, 0);
    const db = await database();
    const before = db.transaction.bind(db);
    db.transaction = (() => {
      throw new DOMException("full", "QuotaExceededError");
    }) as unknown as typeof db.transaction;
    expect(await roomFor(4096)).toStrictEqual({ ok: false, why: "storage_full" });
    await expect(keepSealed(answer(1))).rejects.toMatchObject({ word: "storage_full" });
    db.transaction = before;
    expect(await db.count("probe")).toBe(0);
  });
});
