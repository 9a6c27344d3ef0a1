// The one queue of sealed answers: what waits, what was delivered and is kept for a restored server, what was refused.
// Nothing in it can be read here, and it has no order: keys are random.

import { copiedKeys, copyOf, keepCopy, letCopiesGo, tryWriting } from "./copies";
import { database, durably, incompressible, type Room, roomFor, StorageError } from "./storage";

export type Channel = "tablet" | "web";
export type QueueState = "waiting" | "delivered" | "failed";

/** A finished answer as it goes into the queue. `code` is that of a letter, where the round asks for one. */
export interface SealedAnswer {
  readonly key: string;
  readonly envelope: Uint8Array;
  readonly round: string;
  readonly channel: Channel;
  readonly code?: string;
}

export interface QueueItem extends SealedAnswer {
  readonly state: QueueState;
  /** Why it failed: the server's code. */
  readonly reason?: string;
  /** The day on which the server received it, whole days since 1970, by the later of both clocks: only to let it go. */
  readonly day?: number;
}

export interface Counts {
  readonly waiting: number;
  readonly delivered: number;
  readonly failed: number;
}

/** Delivered answers are kept, sealed, so long: a server restored from a backup asks for them again. */
export const KEPT_FOR_DAYS = 30;

/** Keeps a sealed answer, and a copy of it. Resolves when it is on disk; the same key again changes nothing. Throws StorageError. */
export async function keepSealed(answer: SealedAnswer): Promise<void> {
  // The copy first: a disk that is full refuses it without harm to the database.
  await keepCopy({ ...answer, code: answer.code ?? "" });
  try {
    await add(answer);
  } catch (error) {
    await letCopiesGo([answer.key]);
    throw error;
  }
  announce();
}

async function add({ key, envelope, round, channel, code }: SealedAnswer): Promise<void> {
  await durably(["queue"], async (writing) => {
    const queue = writing.objectStore("queue");
    if ((await queue.getKey(key)) !== undefined) return;
    await queue.add({ key, envelope, round, channel, ...(code ? { code } : {}), state: "waiting" });
  });
}

/** Puts answers into the queue again that only a copy is left of, and lets copies go that are not needed any more.
 *
 * Gives how many came back. Throws StorageError. */
export async function bringBack(): Promise<number> {
  let back = 0;
  for (const key of await copiedKeys()) {
    const item = await (await database()).get("queue", key);
    if (item?.state === "delivered") await letCopiesGo([key]);
    if (item) continue;
    const copy = await copyOf(key);
    if (!copy) {
      await letCopiesGo([key]);
      continue;
    }
    const { envelope, round, code } = copy;
    await add({ key, envelope, round, channel: copy.channel === "web" ? "web" : "tablet", ...(code ? { code } : {}) });
    back += 1;
  }
  if (back > 0) announce();
  return back;
}

/** How many answers there are in each state, of one channel or of both. */
export async function counts(channel?: Channel): Promise<Counts> {
  const transaction = (await database()).transaction("queue");
  const index = transaction.store.index("state");
  const count = (state: QueueState): Promise<number> =>
    index.count(channel ? IDBKeyRange.only([state, channel]) : IDBKeyRange.bound([state], [state, []]));
  const [waiting, delivered, failed] = await Promise.all([count("waiting"), count("delivered"), count("failed")]);
  return { waiting, delivered, failed };
}

/** Whether the next answer could be kept: a turn begins only then. */
export async function mayKeepAnother(paddedSize: number): Promise<Room> {
  const bytes = paddedSize + 1024;
  try {
    // With the copies first: a disk that is full refuses it there without harm to the database.
    await tryWriting(incompressible(2 * bytes));
  } catch (error) {
    if (error instanceof StorageError) return { ok: false, why: error.word };
    throw error;
  }
  return roomFor(bytes);
}

/** What became of an answer; null for one that is not (or no longer) here. */
export async function stateOf(key: string): Promise<{ state: QueueState; reason?: string } | null> {
  const item = await (await database()).get("queue", key);
  return item ? { state: item.state, ...(item.reason ? { reason: item.reason } : {}) } : null;
}

/** The keys of what waits in one channel. */
export async function waitingKeys(channel: Channel): Promise<string[]> {
  return (await database()).getAllKeysFromIndex("queue", "state", IDBKeyRange.only(["waiting", channel]));
}

export async function read(keys: readonly string[]): Promise<QueueItem[]> {
  const store = (await database()).transaction("queue").store;
  const found = await Promise.all(keys.map((key) => store.get(key)));
  return found.filter((item) => item !== undefined);
}

/** Every item that is not yet delivered: for the file that staff save. */
export async function undelivered(): Promise<QueueItem[]> {
  const db = await database();
  const of = (state: QueueState): Promise<QueueItem[]> => db.getAllFromIndex("queue", "state", IDBKeyRange.bound([state], [state, []]));
  return [...(await of("waiting")), ...(await of("failed"))];
}

export type Outcome = { readonly key: string } & ({ readonly state: "delivered"; readonly day: number } | { readonly state: "failed"; readonly reason: string });

/** Writes down what became of a batch, in one transaction. Only what still waits is changed. */
export async function settle(outcomes: readonly Outcome[]): Promise<void> {
  if (outcomes.length === 0) return;
  await durably(["queue"], async (writing) => {
    const queue = writing.objectStore("queue");
    for (const outcome of outcomes) {
      const item = await queue.get(outcome.key);
      if (item?.state !== "waiting") continue;
      const { reason: _, day: __, ...bare } = item;
      await queue.put({ ...bare, ...outcome });
    }
  });
  await letCopiesGo(outcomes.filter(({ state }) => state === "delivered").map(({ key }) => key));
  announce();
}

/** Lets what was delivered wait again: the server has been restored and may not have it. */
export async function deliverAgain(): Promise<number> {
  return turnInto("delivered");
}

/** Lets what was refused wait again: a person asked for it, or the server is another by now. */
export async function tryFailedAgain(): Promise<number> {
  return turnInto("failed");
}

async function turnInto(from: QueueState): Promise<number> {
  const changed = await durably(["queue"], async (writing) => {
    const queue = writing.objectStore("queue");
    let number = 0;
    for (let cursor = await queue.index("state").openCursor(IDBKeyRange.bound([from], [from, []])); cursor; cursor = await cursor.continue()) {
      const { reason: _, day: __, ...bare } = cursor.value;
      await cursor.update({ ...bare, state: "waiting" });
      number += 1;
    }
    return number;
  });
  if (changed > 0) announce();
  return changed;
}

/** Takes back an answer that was refused, so that the person can correct the code and send it anew. */
export async function withdrawRefused(key: string): Promise<void> {
  await durably(["queue"], async (writing) => {
    const queue = writing.objectStore("queue");
    if ((await queue.get(key))?.state === "failed") await queue.delete(key);
  });
  await letCopiesGo([key]);
  announce();
}

/** Lets delivered answers go that are older than KEPT_FOR_DAYS by both clocks: a wrong one alone deletes nothing.
 *
 * `serverDay` is the day that the server's answer names, `ownDay` that of this device. */
export async function letOldGo(serverDay: number | null, ownDay: number): Promise<number> {
  if (serverDay === null || Math.abs(serverDay - ownDay) > 1) return 0;
  const today = Math.min(serverDay, ownDay);
  return durably(["queue"], async (writing) => {
    const index = writing.objectStore("queue").index("state");
    let number = 0;
    for (let cursor = await index.openCursor(IDBKeyRange.bound(["delivered"], ["delivered", []])); cursor; cursor = await cursor.continue()) {
      const day = cursor.value.day;
      if (day === undefined || today - day <= KEPT_FOR_DAYS) continue;
      await cursor.delete();
      number += 1;
    }
    return number;
  });
}

const CHANNEL = "svarboks-queue";
const listening = new Set<() => void>();

/** Tells this and the other pages that the queue has changed, or that an attempt to send has ended. */
export function announce(): void {
  for (const act of listening) act();
  try {
    const channel = new BroadcastChannel(CHANNEL);
    channel.postMessage("changed");
    channel.close();
  } catch {
    // An older browser: other pages look for themselves.
  }
}

/** Calls `act` whenever the queue changes, here or in another page; gives what ends that. */
export function onQueueChange(act: () => void): () => void {
  listening.add(act);
  const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(CHANNEL);
  if (channel) channel.onmessage = () => act();
  return () => {
    listening.delete(act);
    channel?.close();
  };
}
