// Sends what waits in the queue, in batches, until nothing waits or the line breaks. The same code runs in pages and in the
// service worker. Only a receipt for exactly the bytes that were sent makes an answer delivered: a 200, a login page, any
// HTML, a redirect or a cut answer deliver nothing, and what was not delivered waits.

import { type BatchAnswer, type BatchItem, packBatch, readBatchAnswer } from "./batches";
import { Line } from "./line";
import { bringBackWhatWasLost } from "./lost_answers";
import { announce, type Channel, type Counts, counts, deliverAgain, letOldGo, type Outcome, type QueueItem, read, settle, tryFailedAgain } from "./queue";
import { buffer, digest } from "./seal";
import { SendingOrder } from "./sending_order";
import { alone } from "./single_flight";
import { keepNamed, named } from "./storage";

/** Why now. "asked": a person pressed "send now"; then what was refused is tried again too. */
export type Reason = "asked" | "kept" | "opened" | "online" | "timer" | "sync";

export interface FlushReport {
  /** busy: another page is sending; offline: nothing came through; blocked: the server knows this tablet no longer. */
  readonly outcome: "done" | "busy" | "offline" | "blocked" | "asked-to-wait";
  readonly counts: Counts;
  /** When another attempt is worth it, in seconds; null when nothing waits. */
  readonly again: number | null;
}

export interface Surroundings {
  readonly fetch: typeof fetch;
  /** Seconds that only go on, for measuring. */
  readonly seconds: () => number;
  /** Today by this device, whole days since 1970. */
  readonly today: () => number;
  /** What was learnt of the line so far. */
  readonly line: Line;
}

export const LONGEST_PAUSE = 300;
const ADDRESSES: Readonly<Record<Channel, string>> = { tablet: "/api/tablet/batches", web: "/api/batches" };

const REAL: Surroundings = {
  fetch: (input, init) => fetch(input, init),
  seconds: () => performance.now() / 1000,
  today: () => Math.floor(Date.now() / 86_400_000),
  line: new Line(),
};

/** What one request came to. */
type Sent =
  | { readonly kind: "answered"; readonly said: BatchAnswer; readonly serverDay: number | null }
  | { readonly kind: "refused"; readonly status: number; readonly code: string; readonly wait: number }
  | { readonly kind: "lost" };

let failures = 0;

/** Sends what waits. Never throws: what went wrong stands in the report. */
export async function flush(reason: Reason, around: Surroundings = REAL): Promise<FlushReport> {
  if (reason === "online" || reason === "asked") failures = 0;
  try {
    const report = await alone(() => sendAll(reason, around), reason === "asked");
    if (report) return report;
    return { outcome: "busy", counts: await counts(), again: 5 };
  } catch {
    // Storage cannot be read at the moment.
    failures += 1;
    return { outcome: "offline", counts: { waiting: 0, delivered: 0, failed: 0 }, again: pause() };
  } finally {
    announce();
  }
}

/** Seconds to wait after so many failures in a row, with some chance in it, so that many tablets do not come at once. */
function pause(): number {
  return Math.min(LONGEST_PAUSE, 2 ** Math.max(0, failures - 1)) * (0.75 + Math.random() / 4);
}

async function sendAll(reason: Reason, around: Surroundings): Promise<FlushReport> {
  await bringBackWhatWasLost(around.today());
  if (reason === "asked") await tryFailedAgain();
  let outcome: FlushReport["outcome"] = "done";
  let wait = 0;
  let serverDay: number | null = null;
  for (const channel of ["tablet", "web"] as const) {
    const ended = await sendChannel(channel, around);
    if (ended.outcome !== "done") outcome = ended.outcome;
    wait = Math.max(wait, ended.wait);
    serverDay = ended.serverDay ?? serverDay;
  }
  await letOldGo(serverDay, around.today());
  // A server that answers without taking anything is left in peace like a line that breaks.
  failures = outcome === "offline" || outcome === "asked-to-wait" ? failures + 1 : 0;
  const left = await counts();
  if (left.waiting === 0) return { outcome, counts: left, again: null };
  const again = outcome === "blocked" ? LONGEST_PAUSE : Math.min(LONGEST_PAUSE, Math.max(wait, pause()));
  return { outcome, counts: left, again };
}

interface Ended {
  readonly outcome: FlushReport["outcome"];
  /** The longest wait that the server asked for, in seconds. */
  readonly wait: number;
  readonly serverDay: number | null;
}

/** Sends what waits in one channel, each answer at most once in this round of sending. */
async function sendChannel(channel: Channel, around: Surroundings): Promise<Ended> {
  const tried = new Set<string>();
  const order = new SendingOrder(channel, tried);
  let next: string[] = [];
  let longest = 0;
  let serverDay: number | null = null;
  const ended = (outcome: FlushReport["outcome"], wait = longest): Ended => ({ outcome, wait, serverDay });
  for (;;) {
    if (next.length === 0) next = await order.next();
    if (next.length === 0) return ended(longest > 0 ? "asked-to-wait" : "done");
    const candidates = (await read(next)).filter((item) => item.state === "waiting");
    const items = candidates.slice(0, around.line.fits(candidates.map((item) => item.envelope.length)));
    next = candidates.slice(items.length).map(({ key }) => key);
    if (items.length === 0) continue;
    const sent = await post(channel, items, around);
    if (sent.kind === "lost") return ended("offline");
    if (sent.kind === "refused") {
      if (channel === "tablet" && (sent.code === "tablet-revoked" || sent.code === "tablet-unknown")) {
        await keepNamed({ standing: sent.code === "tablet-revoked" ? "revoked" : "unknown" });
        return ended("blocked");
      }
      if (sent.status === 413 || sent.status === 400) {
        // One of them, or their number: in smaller batches the others go through, and the one is found.
        if (items.length > 1) {
          around.line.tooMany(items.length);
          next = [...items.map(({ key }) => key), ...next];
        } else {
          await settle([{ key: items[0]?.key ?? "", state: "failed", reason: sent.code }]);
          tried.add(items[0]?.key ?? "");
        }
        continue;
      }
      return ended("asked-to-wait", Math.max(longest, sent.wait));
    }
    serverDay = sent.serverDay ?? serverDay;
    for (const { key } of items) tried.add(key);
    const taken = await takeIn(items, sent.said, sent.serverDay, around);
    longest = Math.max(longest, taken.wait);
    // On a line that breaks each minute, the wait after a break starts over with each batch that gets through.
    if (taken.settled > 0) failures = 0;
    if (channel === "tablet") await keepNamed({ standing: undefined });
    // Restored meanwhile: what it received before goes once more, in this round of sending.
    if (await noticeEpoch(sent.said.epoch)) tried.clear();
  }
}

async function post(channel: Channel, items: readonly QueueItem[], around: Surroundings): Promise<Sent> {
  const { line } = around;
  const body = packBatch(items.map(({ envelope, code }): BatchItem => ({ envelope, ...(code ? { code } : {}) })));
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), line.patience(body.length));
  const began = around.seconds();
  const lost = (): Sent => {
    line.broke(body.length, around.seconds() - began);
    return { kind: "lost" };
  };
  try {
    const response = await around.fetch(ADDRESSES[channel], {
      method: "POST",
      headers: { "Content-Type": "application/octet-stream" },
      body: buffer(body),
      credentials: channel === "tablet" ? "same-origin" : "omit",
      cache: "no-store",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: stop.signal,
    });
    const type = response.headers.get("Content-Type") ?? "";
    const said: unknown = type.includes("json") ? await response.json() : null;
    if (response.status === 200 && type.startsWith("application/json")) {
      const answer = readBatchAnswer(said, items.length);
      if (!answer) return lost();
      line.arrived(body.length, around.seconds() - began);
      return { kind: "answered", said: answer, serverDay: dayOf(response) };
    }
    const code = type.includes("problem+json") ? (said as { code?: unknown } | null)?.code : null;
    // Without a code it is not our server that refuses, but something in between.
    if (typeof code !== "string" || response.status < 400) return lost();
    const wait = Number(response.headers.get("Retry-After"));
    return { kind: "refused", status: response.status, code, wait: Number.isFinite(wait) && wait > 0 ? Math.min(wait, LONGEST_PAUSE) : 1 };
  } catch {
    return lost();
  } finally {
    clearTimeout(timer);
  }
}

/** The day that the server's answer names; null where it names none. */
export function dayOf(response: Response): number | null {
  const at = Date.parse(response.headers.get("Date") ?? "");
  return Number.isFinite(at) ? Math.floor(at / 86_400_000) : null;
}

/** Writes down what the server said of each; gives the longest wait that it asks for, in seconds, and of how many it is settled what they come to. */
async function takeIn(items: readonly QueueItem[], said: BatchAnswer, serverDay: number | null, around: Surroundings): Promise<{ wait: number; settled: number }> {
  const outcomes: Outcome[] = [];
  let longest = 0;
  for (const [index, item] of items.entries()) {
    const result = said.results[index];
    if (result?.result === "received") {
      if (result.key === item.key && result.digest === (await digest(item.envelope))) {
        outcomes.push({ key: item.key, state: "delivered", day: Math.max(serverDay ?? 0, around.today()) });
      } else longest = Math.max(longest, 1);
    } else if (result && (result.key === null || result.key === item.key)) {
      if (result.retry_after === null) outcomes.push({ key: item.key, state: "failed", reason: result.code });
      else longest = Math.max(longest, Math.min(LONGEST_PAUSE, Math.max(1, result.retry_after)));
    } else longest = Math.max(longest, 1);
  }
  await settle(outcomes);
  return { wait: longest, settled: outcomes.length };
}

/** Sees whether the server is another than it was (restored from a backup): then what it had goes again. */
export async function noticeEpoch(epoch: string): Promise<boolean> {
  const known = await named<string>("epoch");
  if (known === epoch) return false;
  // First the answers, then the epoch: killed in between, the next time does it again.
  // Also what it refused: as another server it may take it.
  if (known !== undefined) {
    await deliverAgain();
    await tryFailedAgain();
  }
  await keepNamed({ epoch });
  return known !== undefined;
}
