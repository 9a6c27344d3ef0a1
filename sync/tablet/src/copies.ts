// A second copy of each sealed answer that is not delivered, in Cache Storage: another part of the browser with files of its own.
//
// On a disk that is full Chromium writes half a line into its database's journal and goes on behind it; when it opens the database
// next, it finds it damaged and begins an empty one (tests/browser/test_tablet_full_disk.py). Answers for which people were
// thanked would be gone. A copy is as sealed as the answer is, and goes when the answer has its receipt.

import { digest } from "./seal";
import { StorageError } from "./storage";

/** What is needed to put an answer into the queue again. */
export interface Copy {
  readonly key: string;
  readonly envelope: Uint8Array;
  readonly round: string;
  readonly channel: string;
  readonly code: string;
}

const CACHE = "svarboks-copies-1";
const PATH = "/tablet/copies/";

/** Where this browser has no Cache Storage there are no copies. */
function cache(): Promise<Cache> | null {
  return typeof caches === "undefined" ? null : caches.open(CACHE);
}

/** Keeps a copy. Throws StorageError: then nothing else should be written either. */
export async function keepCopy({ key, envelope, round, channel, code }: Copy): Promise<void> {
  try {
    const headers = { round, channel, code, digest: await digest(envelope) };
    await (await cache())?.put(PATH + key, new Response(envelope.slice().buffer, { headers }));
  } catch (error) {
    throw refusal(error);
  }
}

/** Whether so many bytes can be written there, by writing them and taking them away again. Throws StorageError. */
export async function tryWriting(bytes: Uint8Array): Promise<void> {
  try {
    const kept = await cache();
    const name = `${PATH}probe-${Math.random()}`;
    await kept?.put(name, new Response(bytes.slice().buffer));
    await kept?.delete(name);
  } catch (error) {
    throw refusal(error);
  }
}

/** Lets copies go. What cannot be deleted now goes when lost answers are looked for (lost_answers.ts). */
export async function letCopiesGo(keys: readonly string[]): Promise<void> {
  try {
    const kept = await cache();
    for (const key of keys) await kept?.delete(PATH + key);
  } catch {
    // It is only a copy.
  }
}

/** The keys of all copies; null where they cannot be read. The browser opens each: a second for thousands. */
export async function copiedKeys(): Promise<string[] | null> {
  try {
    const found = (await (await cache())?.keys()) ?? [];
    return found.map(({ url }) => new URL(url).pathname.slice(PATH.length)).filter((key) => /^[0-9a-f]{32}$/.test(key));
  } catch {
    return null;
  }
}

/** One copy, or null where there is none that is whole. */
export async function copyOf(key: string): Promise<Copy | null> {
  try {
    const found = await (await cache())?.match(PATH + key);
    if (!found) return null;
    const envelope = new Uint8Array(await found.arrayBuffer());
    const said = (name: string): string => found.headers.get(name) ?? "";
    if ((await digest(envelope)) !== said("digest")) return null;
    return { key, envelope, round: said("round"), channel: said("channel"), code: said("code") };
  } catch {
    return null;
  }
}

function refusal(error: unknown): StorageError {
  const full = error instanceof DOMException && error.name === "QuotaExceededError";
  return new StorageError(full ? "storage_full" : "storage_refused", error);
}
