// What this browser keeps for the whole installation: the queue of sealed answers, what the tablet is, which versions of
// questionnaires are installed. Drafts have a database of their own (draft.ts), so that deleting one never touches the other.
//
// An older build of the app must be able to open what a newer one has made (a server may be rolled back): so the database
// is opened at whatever version it has, and raised only to add a store that is missing. Stores are never changed or removed.

import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from "idb";

import type { InstalledBundle } from "./bundles";
import type { QueueItem } from "./queue";

export interface Kept extends DBSchema {
  queue: { key: string; value: QueueItem; indexes: { state: [string, string] } };
  /** Named values: see tablet_state.ts. Never a token: that is a cookie which no script can read. */
  tablet: { key: string; value: unknown };
  bundles: { key: string; value: InstalledBundle };
  /** What is written and taken away again to see whether writing works. */
  probe: { key: string; value: Uint8Array };
}

export type Store = "queue" | "tablet" | "bundles" | "probe";
type Writing = IDBPTransaction<Kept, Store[], "readwrite">;

export const DATABASE = "svarboks-queue";
const STORES: readonly Store[] = ["queue", "tablet", "bundles", "probe"];
/** Beside the answer itself, so much has to be free before a turn begins: the draft, indexes, the browser's own journal. */
const SPARE_BYTES = 1024 * 1024;

/** Words to show when something could not be kept. */
export type StorageWord = "storage_full" | "storage_refused" | "storage_missing";

export class StorageError extends Error {
  constructor(
    readonly word: StorageWord,
    cause?: unknown,
  ) {
    super(word, { cause });
  }
}

let opened: Promise<IDBPDatabase<Kept>> | null = null;

/** The database, opened once for each page or worker. Throws StorageError. */
export function database(): Promise<IDBPDatabase<Kept>> {
  opened ??= open().catch((error: unknown) => {
    opened = null;
    throw asStorageError(error);
  });
  return opened;
}

/** Closes it; the next use opens it again. */
export async function closeDatabase(): Promise<void> {
  const closing = opened;
  opened = null;
  (await closing?.catch(() => null))?.close();
}

async function open(version?: number): Promise<IDBPDatabase<Kept>> {
  if (typeof indexedDB === "undefined") throw new StorageError("storage_missing");
  const found = await openDB<Kept>(DATABASE, version, {
    upgrade(db) {
      if (!db.objectStoreNames.contains("queue")) {
        db.createObjectStore("queue", { keyPath: "key" }).createIndex("state", ["state", "channel"]);
      }
      if (!db.objectStoreNames.contains("tablet")) db.createObjectStore("tablet");
      if (!db.objectStoreNames.contains("bundles")) db.createObjectStore("bundles", { keyPath: "round" });
      if (!db.objectStoreNames.contains("probe")) db.createObjectStore("probe");
    },
    // Another page wants to add a store: let it, and open again at the next use.
    blocking: () => void closeDatabase(),
    terminated: () => (opened = null),
  });
  if (STORES.every((name) => found.objectStoreNames.contains(name))) return found;
  const next = found.version + 1;
  found.close();
  return open(next);
}

/** Carries out `act` in one transaction that is on disk when this resolves. Throws StorageError when it is not. */
export async function durably<T>(stores: readonly Store[], act: (transaction: Writing) => Promise<T>): Promise<T> {
  try {
    const db = await database();
    const transaction = db.transaction([...stores], "readwrite", { durability: "strict" });
    // An aborted transaction rejects here too; who waits for `act` hears of it first.
    const finished = transaction.done;
    finished.catch(() => undefined);
    let result: T;
    try {
      result = await act(transaction);
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // It has ended already.
      }
      throw error;
    }
    await finished;
    return result;
  } catch (error) {
    throw asStorageError(error);
  }
}

function asStorageError(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  return new StorageError(name === "QuotaExceededError" ? "storage_full" : "storage_refused", error);
}

/** A named value of the tablet's. */
export async function named<T>(name: string): Promise<T | undefined> {
  try {
    return (await (await database()).get("tablet", name)) as T | undefined;
  } catch (error) {
    throw asStorageError(error);
  }
}

/** Keeps named values together, durably; undefined takes one away. */
export async function keepNamed(values: Readonly<Record<string, unknown>>): Promise<void> {
  await durably(["tablet"], async (writing) => {
    const store = writing.objectStore("tablet");
    for (const [name, value] of Object.entries(values)) await (value === undefined ? store.delete(name) : store.put(value, name));
  });
}

export type Room = { readonly ok: true } | { readonly ok: false; readonly why: StorageWord };

/** Whether an answer of so many bytes (and its draft) can be kept now: by the browser's estimate, and by writing as much. */
export async function roomFor(bytes: number): Promise<Room> {
  const left = await bytesLeft();
  if (left !== null && left < SPARE_BYTES + 4 * bytes) return { ok: false, why: "storage_full" };
  const probe = incompressible(2 * bytes);
  const name = `probe-${Math.random()}`;
  try {
    await durably(["probe"], (writing) => writing.objectStore("probe").put(probe, name));
    await durably(["probe"], (writing) => writing.objectStore("probe").delete(name));
    return { ok: true };
  } catch (error) {
    return { ok: false, why: asStorageError(error).word };
  }
}

/** So many random bytes: no compression makes them smaller than the real thing. */
export function incompressible(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

/** What the browser says is left, in bytes; null where it does not say. */
export async function bytesLeft(): Promise<number | null> {
  try {
    const { quota, usage } = await navigator.storage.estimate();
    return quota === undefined || usage === undefined ? null : Math.max(0, quota - usage);
  } catch {
    return null;
  }
}

/** Asks the browser not to clear this storage by itself; whether it promised. */
export async function askToPersist(): Promise<boolean> {
  try {
    // Only pages may ask.
    const storage = navigator.storage as { persisted(): Promise<boolean>; persist?(): Promise<boolean> };
    return (await storage.persisted()) || ((await storage.persist?.()) ?? false);
  } catch {
    return false;
  }
}

/** Whether the browser has promised so; asks nothing. */
export async function hasPromised(): Promise<boolean> {
  return (await navigator.storage?.persisted?.().catch(() => false)) ?? false;
}
