// What this tablet is: its enrolment, what the server last said of its rounds, how many declined. The token is a cookie
// that no script can read; nothing here could be used to speak as this tablet.

import { packBatch } from "./batches";
import { installBundles, installedBundles, letOldBundlesGo } from "./bundles";
import { announce, counts, undelivered } from "./queue";
import { copySelf } from "./self_copy";
import { noticeEpoch } from "./sender";
import { unlessSilent } from "./silence";
import { askToPersist, durably, keepNamed, named } from "./storage";

export interface StaffPin {
  readonly salt: string;
  readonly iterations: number;
  readonly hash: string;
}

/** unknown: the server does not know this browser (any more); revoked: the desk has revoked it. What waits stays. */
export type Standing = "enrolled" | "unknown" | "revoked";

export interface Enrolment {
  readonly tablet: string;
  readonly unit: { readonly id: string; readonly name: string };
  readonly pin: StaffPin;
  readonly standing: Standing;
}

export interface ManifestLanguage {
  readonly tag: string;
  readonly name: string;
  readonly direction: "ltr" | "rtl";
  readonly page: string;
  readonly sha256: string;
}

export interface ManifestRound {
  readonly round: string;
  readonly version: string;
  readonly kid: string;
  readonly public_key: string;
  readonly padded_size: number;
  readonly shape: string;
  readonly promise: string;
  readonly test: boolean;
  readonly state: "planned" | "open" | "closed";
  readonly opens_at: string;
  readonly answer_until: string;
  readonly turn_minutes: number;
  readonly title: Readonly<Record<string, string>>;
  readonly languages: readonly ManifestLanguage[];
}

export interface Manifest {
  readonly epoch: string;
  readonly tablet: string;
  readonly unit: { readonly id: string; readonly name: string };
  readonly pin: StaffPin;
  readonly rounds: readonly ManifestRound[];
}

/** Why a code was not taken, as words of the shell. */
export type EnrolmentWord = "enrol_unknown" | "enrol_slow_down" | "enrol_offline" | "enrol_failed";

export class EnrolmentError extends Error {
  constructor(readonly word: EnrolmentWord) {
    super(word);
  }
}

export type Refreshed = { readonly outcome: "done" | "offline" | "unknown" | "revoked"; /** Rounds whose pages did not all come. */ readonly missing: readonly string[] };

type Send = typeof fetch;
const send: Send = (input, init) => fetch(input, init);
const ASKING: RequestInit = { credentials: "same-origin", cache: "no-store", redirect: "error", referrerPolicy: "no-referrer" };

/** What this browser is enrolled as; null when it never was. */
export async function enrolment(): Promise<Enrolment | null> {
  const kept = await named<Omit<Enrolment, "standing">>("enrolment");
  if (!kept) return null;
  return { ...kept, standing: (await named<Standing>("standing")) ?? "enrolled" };
}

/** What the server last said; null before the first time. */
export async function manifest(): Promise<Manifest | null> {
  return (await named<Manifest>("manifest")) ?? null;
}

/** Enrols this browser with the code from the desk. Throws EnrolmentError, StorageError. */
export async function enrol(code: string, by: Send = send): Promise<Enrolment> {
  // Kept first: who cannot keep answers is no tablet, and the code is used up by asking.
  await keepNamed({ app: true });
  let response: Response;
  let said: Record<string, unknown>;
  try {
    [response, said] = await ask("/api/tablet/enrolment", by, JSON.stringify({ code }));
  } catch {
    throw new EnrolmentError("enrol_offline");
  }
  if (response.status === 404 && said["code"] === "enrolment-unknown") throw new EnrolmentError("enrol_unknown");
  if (response.status === 429) throw new EnrolmentError("enrol_slow_down");
  if (response.status !== 201) throw new EnrolmentError(typeof said["code"] === "string" ? "enrol_failed" : "enrol_offline");
  const { tablet, unit, pin, epoch } = said as unknown as Manifest;
  // Each tablet's own total of those who declined: another one's would be counted twice.
  const before = await named<Omit<Enrolment, "standing">>("enrolment");
  const totals = (of: Omit<Enrolment, "standing">): string => `declined ${of.unit.id} ${of.tablet}`;
  const other = before && totals(before) !== totals({ tablet, unit, pin }) ? { [totals(before)]: await named("declined"), declined: await named(totals({ tablet, unit, pin })) } : {};
  await keepNamed({ ...other, enrolment: { tablet, unit, pin }, standing: undefined });
  if (typeof epoch === "string") await noticeEpoch(epoch);
  await copySelf();
  void askToPersist();
  announce();
  return { tablet, unit, pin, standing: "enrolled" };
}

/** Asks the server what this tablet is to carry, installs new versions beside the old, and reports what waits here.
 *
 * Nothing that is kept is lost by any answer: a refusal is remembered, and what is installed stays. */
export async function refresh(app = "", by: Send = send): Promise<Refreshed> {
  let response: Response;
  let said: Record<string, unknown>;
  try {
    [response, said] = await ask("/api/tablet/manifest", by);
  } catch {
    return { outcome: "offline", missing: [] };
  }
  if (response.status === 401 && said["code"] === "tablet-unknown") return refused("unknown");
  if (response.status === 403 && said["code"] === "tablet-revoked") return refused("revoked");
  if (response.status !== 200 || !isManifest(said)) return { outcome: "offline", missing: [] };
  const { tablet, unit, pin, epoch } = said;
  await keepNamed({ manifest: said, enrolment: { tablet, unit, pin }, standing: undefined });
  await noticeEpoch(epoch);
  const missing = await installBundles(said.rounds, by);
  // What nothing needs any more may stay until the next time.
  await letOldBundlesGo(said.rounds.map(({ round }) => round)).catch(() => undefined);
  await copySelf();
  await report(app, by);
  announce();
  return { outcome: "done", missing };
}

async function refused(standing: "unknown" | "revoked"): Promise<Refreshed> {
  // A browser that was never enrolled is simply not enrolled.
  if (await named("enrolment")) await keepNamed({ standing });
  await copySelf();
  announce();
  return { outcome: standing, missing: [] };
}

/** What the desk was told last by this page. */
let told = "";

/** Tells the desk how much waits here, and which versions are installed. What was declined is told as a total, so that repeats change
 * nothing. `onlyNews`: not when it was told the same before. */
export async function report(app: string, by: Send = send, onlyNews = false): Promise<void> {
  const { waiting, failed } = await counts();
  const versions = Object.fromEntries((await installedBundles()).map(({ round, version }) => [round, version]));
  const body = JSON.stringify({ waiting, failed, app, versions, declined: (await named("declined")) ?? {} });
  if (onlyNews && body === told) return;
  try {
    if ((await ask("/api/tablet/contact", by, body))[0].ok) told = body;
  } catch {
    // The next contact says it.
  }
}

/** Counts one person who did not want to take part. */
export async function declined(round: string): Promise<void> {
  await durably(["tablet"], async (writing) => {
    const store = writing.objectStore("tablet");
    const before = ((await store.get("declined")) ?? {}) as Record<string, number>;
    await store.put({ ...before, [round]: (before[round] ?? 0) + 1 }, "declined");
  });
  await copySelf();
}

/** All answers that are not delivered, sealed, as batches one after the other: for the desk to take in. */
export async function saveQueueToFile(): Promise<Blob> {
  const items = await undelivered();
  const parts: ArrayBuffer[] = [];
  for (let at = 0; at < items.length; at += 100) parts.push(packBatch(items.slice(at, at + 100)).buffer as ArrayBuffer);
  return new Blob(parts, { type: "application/octet-stream" });
}

/** What the server answers, and the JSON in it. Rejects when nothing comes. `body`: JSON to send. */
function ask(address: string, by: Send, body?: string): Promise<[Response, Record<string, unknown>]> {
  const sent: RequestInit = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body };
  return unlessSilent(async (signal) => {
    const response = await by(address, { ...ASKING, ...sent, signal });
    return [response, await readJson(response)];
  });
}

async function readJson(response: Response): Promise<Record<string, unknown>> {
  if (!(response.headers.get("Content-Type") ?? "").includes("json")) return {};
  const said: unknown = await response.json();
  return typeof said === "object" && said !== null ? (said as Record<string, unknown>) : {};
}

function isManifest(said: unknown): said is Manifest {
  const { epoch, tablet, unit, pin, rounds } = said as Partial<Manifest>;
  return typeof epoch === "string" && typeof tablet === "string" && typeof unit === "object" && typeof pin === "object" && Array.isArray(rounds);
}
