import "fake-indexeddb/auto";

import { beforeEach, describe, expect, it } from "vitest";

import { Line } from "../src/line";
import { counts, keepSealed, onQueueChange, stateOf, tryFailedAgain } from "../src/queue";
import { flush, LONGEST_PAUSE, type Reason } from "../src/sender";
import { closeDatabase, database, keepNamed, named } from "../src/storage";
import { answer, EPOCH, FakeServer, json, keyOf, problem, type Received } from "./fake_server";
import { digest } from "../src/seal";

let server: FakeServer;
let clock = 0;
let today = 20_783; // 26 November 2026
let line = new Line();

function send(reason: Reason = "kept"): ReturnType<typeof flush> {
  return flush(reason, { fetch: server.fetch, seconds: () => (clock += 0.05), today: () => today, line });
}

async function keep(number: number): Promise<void> {
  for (let index = 1; index <= number; index += 1) await keepSealed(answer(index));
}

beforeEach(async () => {
  const db = await database();
  for (const store of ["queue", "tablet", "bundles"] as const) await db.clear(store);
  server = new FakeServer();
  clock = 0;
  line = new Line();
  today = 20_783;
});

describe("sending the queue", () => {
  it("delivers all of it, each once, in batches of at most 100 that grow with the line", async () => {
    await keep(230);
    const report = await send();
    expect(report).toStrictEqual({ outcome: "done", counts: { waiting: 0, delivered: 230, failed: 0 }, again: null });
    expect(server.kept.size).toBe(230);
    const sizes = server.batches.map(({ items }) => items.length);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(230);
    expect(Math.max(...sizes)).toBe(100);
    expect(sizes[0]).toBeLessThan(15);
  });

  it("sends in another order than that of the keys", async () => {
    await keep(60);
    await send();
    const order = server.batches.flatMap(({ items }) => items.map(({ envelope }) => keyOf(envelope)));
    expect(order).not.toStrictEqual([...order].sort());
  });

  it("sends a tablet's answers with its cookie, and those of the public link without any", async () => {
    await keepSealed(answer(1));
    await keepSealed({ ...answer(2), channel: "web", code: "K7M2PQ4R" });
    await send();
    expect(server.batches.map(({ address, credentials }) => [address, credentials])).toStrictEqual([
      ["/api/tablet/batches", "same-origin"],
      ["/api/batches", "omit"],
    ]);
    expect(server.batches[1]!.items[0]!.code).toBe("K7M2PQ4R");
  });

  const html = (status: number) => (): Response => new Response("<html>Log in</html>", { status, headers: { "Content-Type": "text/html" } });
  it.each<[string, (received: Received) => Response | Promise<Response>]>([
    ["a captive portal's page", html(200)],
    ["a page that says 201", html(201)],
    ["an empty 200", () => new Response(null, { status: 200 })],
    ["JSON without receipts", () => json(200, {})],
    ["receipts without an epoch", async (batch) => json(200, { results: ((await (await server.receive(batch)).json()) as { results: unknown }).results })],
    ["too few results", () => json(200, { epoch: EPOCH, results: [] })],
    ["JSON cut short", () => new Response('{"epoch": "00', { status: 200, headers: { "Content-Type": "application/json" } })],
    ["a right answer under another type", async (batch) => new Response(await (await server.receive(batch)).text(), { status: 200, headers: { "Content-Type": "text/plain" } })],
    ["a 404 in between", html(404)],
    ["a 401 in between", html(401)],
    ["a gateway's 502", html(502)],
    ["a redirect, which fetch refuses", () => Promise.reject(new TypeError("redirect"))],
    ["a line that breaks", () => Promise.reject(new TypeError("failed to fetch"))],
  ])("counts nothing as delivered after %s, and tries again", async (_, fault) => {
    await keep(3);
    server.faults = [fault];
    const report = await send("online");
    expect([report.outcome, report.counts]).toStrictEqual(["offline", { waiting: 3, delivered: 0, failed: 0 }]);
    expect(report.again).toBeLessThanOrEqual(1);
    expect(await named("standing")).toBeUndefined();
    expect((await send()).counts).toStrictEqual({ waiting: 0, delivered: 3, failed: 0 });
  });

  it.each<[string, (key: string, right: string) => unknown]>([
    ["another digest", (key) => ({ key, result: "received", digest: "0".repeat(64) })],
    ["another key", (_, right) => ({ key: "0".repeat(32), result: "received", digest: right })],
    ["a refusal of another key", () => ({ key: "0".repeat(32), result: "refused", code: "bad-envelope", retry_after: null })],
  ])("does not believe a receipt for %s", async (_, result) => {
    await keep(1);
    server.faults = [async ({ items: [item] }) => json(200, { epoch: EPOCH, results: [result(keyOf(item!.envelope), await digest(item!.envelope))] })];
    expect((await send()).counts).toStrictEqual({ waiting: 1, delivered: 0, failed: 0 });
    expect((await send()).counts.delivered).toBe(1);
  });

  it("lets one bad answer hold up no other, and sends it again when staff ask", async () => {
    await keep(5);
    const bad = answer(3).key;
    server.refusals.set(bad, { code: "bad-envelope", retry_after: null });
    expect((await send()).counts).toStrictEqual({ waiting: 0, delivered: 4, failed: 1 });
    expect(await stateOf(bad)).toStrictEqual({ state: "failed", reason: "bad-envelope" });
    expect((await send("timer")).counts.failed).toBe(1);
    server.refusals.clear();
    expect((await send("asked")).counts).toStrictEqual({ waiting: 0, delivered: 5, failed: 0 });
  });

  it("waits with one answer as long as the server asks, at most five minutes", async () => {
    await keep(2);
    server.refusals.set(answer(1).key, { code: "round-full", retry_after: 9000 });
    expect(await send()).toStrictEqual({ outcome: "asked-to-wait", counts: { waiting: 1, delivered: 1, failed: 0 }, again: LONGEST_PAUSE });
  });

  it.each([[400, "bad-batch"], [413, "too-large"]])("finds the one answer for which a whole batch is refused (%i)", async (status, code) => {
    await keep(6);
    const poison = answer(4).key;
    const real = server.receive.bind(server);
    server.receive = (batch) => (batch.items.some(({ envelope }) => keyOf(envelope) === poison) ? problem(status, code)(batch) as Response : real(batch)) as Promise<Response>;
    expect((await send()).counts).toStrictEqual({ waiting: 0, delivered: 5, failed: 1 });
    expect(await stateOf(poison)).toStrictEqual({ state: "failed", reason: code });
  });

  it.each([["tablet-revoked", 403, "revoked"], ["tablet-unknown", 401, "unknown"]])("keeps everything when the server says %s, and goes on after enrolment", async (code, status, standing) => {
    await keep(2);
    await keepSealed({ ...answer(9), channel: "web" });
    server.faults = [problem(status, code)];
    const report = await send();
    expect([report.outcome, report.counts, report.again]).toStrictEqual(["blocked", { waiting: 2, delivered: 1, failed: 0 }, LONGEST_PAUSE]);
    expect(await named("standing")).toBe(standing);
    expect((await send()).counts).toStrictEqual({ waiting: 0, delivered: 3, failed: 0 });
    expect(await named("standing")).toBeUndefined();
  });

  const wrongDigest = ({ items }: Received): Response =>
    json(200, { epoch: EPOCH, results: items.map(({ envelope }) => ({ key: keyOf(envelope), result: "received", digest: "0".repeat(64) })) });
  const asksToWait = ({ items }: Received): Response =>
    json(200, { epoch: EPOCH, results: items.map(({ envelope }) => ({ key: keyOf(envelope), result: "refused", code: "busy", retry_after: 2 })) });
  it.each<[string, (received: Received) => Response | Promise<Response>]>([
    ["a line that breaks", () => Promise.reject(new TypeError("failed"))],
    ["the server's own 503", problem(503, "busy")],
    ["the server's own 500", problem(500, "internal")],
    ["a 429 that asks for two seconds", problem(429, "slow-down", { "Retry-After": "2" })],
    ["receipts for other bytes", wrongDigest],
    ["answers that are all to wait two seconds", asksToWait],
  ])("backs off to five minutes at most after %s, and starts over when the line is back", async (_, fault) => {
    await keep(1);
    const pauses: number[] = [];
    const fail = async (reason: Reason): Promise<void> => {
      server.faults = [fault];
      pauses.push((await send(reason)).again!);
    };
    await fail("online");
    for (let index = 0; index < 12; index += 1) await fail("timer");
    expect(pauses[0]).toBeLessThanOrEqual(2);
    expect(pauses[5]).toBeGreaterThanOrEqual(24);
    expect(Math.min(...pauses.slice(-3))).toBeGreaterThanOrEqual(0.75 * LONGEST_PAUSE);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(LONGEST_PAUSE);
    await fail("online");
    expect(pauses.at(-1)).toBeLessThanOrEqual(2);
  });

  it("waits as long as the server asks where that is longer, and starts over with a batch that got through", async () => {
    await keep(1);
    server.faults = [problem(503, "busy", { "Retry-After": "120" })];
    expect((await send("online")).again).toBe(120);
    for (let index = 0; index < 7; index += 1) {
      server.faults = [problem(503, "busy")];
      await send("timer");
    }
    await send("timer");
    await keep(2);
    server.faults = [problem(503, "busy")];
    expect((await send("timer")).again).toBeLessThanOrEqual(1);
  });

  it("waits a second again after each break of a line that carries something in between", async () => {
    await keep(800);
    for (let broken = 0; broken < 6; broken += 1) {
      server.faults = [(batch) => server.receive(batch), () => Promise.reject(new TypeError("failed"))];
      const report = await send("timer");
      expect(report.outcome).toBe("offline");
      expect(report.again).toBeLessThanOrEqual(1);
    }
  });

  it("sends delivered answers again when the server was restored, and not otherwise", async () => {
    await keep(4);
    await send();
    await keepSealed(answer(10));
    await send();
    expect(server.batches.flatMap(({ items }) => items).length).toBe(5);
    // Restored from last night: it has nothing of today, and says so by another epoch.
    server.kept.clear();
    server.epoch = "00000000000000bb";
    await keepSealed(answer(11));
    expect((await send()).counts).toStrictEqual({ waiting: 0, delivered: 6, failed: 0 });
    expect(server.kept.size).toBe(6);
  });

  it("tries again what was refused when the server is another", async () => {
    await keep(2);
    server.refusals.set(answer(1).key, { code: "no-such-round", retry_after: null });
    expect((await send()).counts.failed).toBe(1);
    server.refusals.clear();
    server.epoch = "00000000000000bb";
    await keepSealed(answer(3));
    expect((await send()).counts).toStrictEqual({ waiting: 0, delivered: 3, failed: 0 });
  });

  it("lets delivered answers go after 30 days, by both clocks", async () => {
    await keep(2);
    await send();
    for (const [own, date, left] of [
      [20_783 + 365, "Thu, 26 Nov 2026 12:00:00 GMT", 3], // the tablet's clock is a year ahead
      [20_783, "Fri, 26 Nov 2027 12:00:00 GMT", 4], // the server's
      [20_783, "Wed, 26 Nov 2025 12:00:00 GMT", 5], // the server's a year behind
      [20_783 + 30, "Sat, 26 Dec 2026 12:00:00 GMT", 6], // 30 days
    ] as const) {
      today = own;
      server.date = date;
      await keepSealed(answer(100 + left));
      expect((await send()).counts.delivered).toBe(left);
    }
    [today, server.date] = [20_783 + 31, "Sun, 27 Dec 2026 12:00:00 GMT"];
    await keepSealed(answer(200));
    // The two of the first day are gone, and the one received while the server's clock was behind; later ones stay.
    const { delivered } = (await send()).counts;
    expect([delivered, await stateOf(answer(1).key), await stateOf(answer(106).key)]).toStrictEqual([4, null, { state: "delivered" }]);
  });

  it("never lets go what waits or failed, whatever the clock says", async () => {
    await keep(2);
    server.refusals.set(answer(1).key, { code: "bad-envelope", retry_after: null });
    server.refusals.set(answer(2).key, { code: "busy", retry_after: 5 });
    await send();
    [today, server.date] = [20_783 + 4000, new Date((20_783 + 4000) * 86_400_000).toUTCString()];
    expect((await send()).counts).toStrictEqual({ waiting: 1, delivered: 0, failed: 1 });
  });

  it("sends from one page at a time", async () => {
    await keep(40);
    await Promise.all([send(), send(), send()]);
    await send();
    expect(server.batches.flatMap(({ items }) => items).length).toBe(40);
  });
});

describe("500 waiting answers at 64 kbit/s, broken each minute", () => {
  it.each([false, true])("arrive without beginning from nothing (a fast line before: %s)", async (fast) => {
    if (fast) for (let index = 0; index < 10; index += 1) line.arrived(400_000, 0.1);
    await keep(500);
    let now = 0;
    let sent = 0;
    const slow: typeof fetch = async (input, init) => {
      const bytes = (init!.body as ArrayBuffer).byteLength;
      const took = Math.min(bytes / 8000, line.patience(bytes) / 1000);
      sent += took * 8000;
      const before = Math.floor(now / 60);
      now += took;
      if (Math.floor(now / 60) !== before || took < bytes / 8000) throw new TypeError("broken");
      return server.fetch(input, init);
    };
    for (let attempt = 0; attempt < 40 && (await counts()).waiting > 0; attempt += 1) {
      const { again } = await flush("timer", { fetch: slow, seconds: () => now, today: () => today, line });
      now += again ?? 0;
    }
    expect((await counts()).delivered).toBe(500);
    const seconds = server.batches.map(({ items }) => (items.length * 4305) / 8000);
    expect(Math.max(...seconds)).toBeLessThan(10);
    expect(sent).toBeLessThan(500 * 4305 * (fast ? 1.4 : 1.15));
  });
});

describe("the queue", () => {
  it("keeps an answer once, whatever is repeated", async () => {
    await keepSealed(answer(1));
    await send();
    await keepSealed(answer(1));
    expect(await counts()).toStrictEqual({ waiting: 0, delivered: 1, failed: 0 });
  });

  it("tells who listens", async () => {
    let heard = 0;
    const stop = onQueueChange(() => (heard += 1));
    await keepSealed(answer(1));
    stop();
    await tryFailedAgain();
    expect(heard).toBe(1);
  });

  it("opens a database that a newer app has made", async () => {
    await keepSealed(answer(1));
    const version = (await database()).version;
    await closeDatabase();
    await new Promise<void>((resolve, reject) => {
      const opening = indexedDB.open("svarboks-queue", version + 5);
      opening.onupgradeneeded = () => void opening.result.createObjectStore("of-the-future");
      opening.onsuccess = () => (opening.result.close(), resolve());
      opening.onerror = () => reject(opening.error);
    });
    expect((await counts()).waiting).toBe(1);
  });

  it("holds no token and no clear text", async () => {
    await keepNamed({ epoch: EPOCH });
    expect(await (await database()).getAllKeys("tablet")).toStrictEqual(["epoch"]);
  });
});
