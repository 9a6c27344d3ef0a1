// When a page sends: at once, again when the line is back, and again later. The worker is asked first, for it goes on when
// the person turns to another page; the page itself makes sure.

import { counts, stateOf } from "./queue";
import { flush, type FlushReport, type Reason } from "./sender";

export const SYNC_TAG = "svarboks-queue";
/** So long the worker has a head start, in ms. */
const HEAD_START = 1500;

let timer = 0;
let started = false;

/** Sends soon what waits, here or in the background; returns at once. */
export function requestFlush(reason: Reason = "kept"): void {
  keepSending();
  void inBackground();
  const worker = navigator.serviceWorker?.controller;
  worker?.postMessage({ type: "flush", reason });
  plan(worker ? HEAD_START : 0, reason);
}

/** Sends now and says what came of it: for "send now". */
export async function sendNow(): Promise<FlushReport> {
  const report = await flush("asked");
  if (report.again !== null) plan(report.again * 1000, "timer");
  return report;
}

/** So long somebody who has just answered waits for the answer to be sent, in ms. */
const PATIENCE = 12_000;

/** Tries to send at once what waits; returns when it was tried, or after PATIENCE. What still waits is tried again later. */
export async function sendOrWait(): Promise<void> {
  keepSending();
  void inBackground();
  const attempt = (async (): Promise<void> => {
    for (;;) {
      const report = await flush("kept");
      if (report.outcome !== "busy") {
        if (report.again !== null) plan(report.again * 1000, "timer");
        return;
      }
      // Another page is at it, or the worker: what is new goes with its next batch, or with ours.
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  })();
  await Promise.race([attempt, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
}

/** From now on this page sends whenever there is reason to hope. */
export function keepSending(): void {
  if (started) return;
  started = true;
  window.addEventListener("online", () => requestFlush("online"));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") plan(0, "opened");
  });
  plan(HEAD_START, "opened");
}

function plan(ms: number, reason: Reason): void {
  window.clearTimeout(timer);
  timer = window.setTimeout(() => void attempt(reason), ms);
}

async function attempt(reason: Reason): Promise<void> {
  try {
    if ((await counts()).waiting === 0) return;
  } catch {
    return;
  }
  const report = await flush(reason);
  if (report.again !== null) plan(report.again * 1000, "timer");
}

/** Lets the browser send when the line is back, also after this page is closed, where it can. */
async function inBackground(): Promise<void> {
  try {
    const registration = (await navigator.serviceWorker?.ready) as (ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } }) | undefined;
    await registration?.sync?.register(SYNC_TAG);
  } catch {
    // Not in this browser.
  }
}

export type Fate = { readonly state: "delivered" | "waiting" } | { readonly state: "failed"; readonly reason: string };

/** What has become of one answer. */
export async function fateOf(key: string): Promise<Fate> {
  const found = await stateOf(key).catch(() => null);
  if (found?.state === "failed") return { state: "failed", reason: found.reason ?? "" };
  return { state: found?.state === "delivered" ? "delivered" : "waiting" };
}
