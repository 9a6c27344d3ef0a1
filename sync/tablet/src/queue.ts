// The one queue of sealed answers: what waits, what was delivered and is kept for a restored server, what was refused.
// Nothing in it can be read here, and it has no order: keys are random.

import { keepCopy, letCopiesGo, tryWriting } from "./copies";
import { hideCode, type HiddenCode, revealCode } from "./letter_codes";
import { database, incompressible, keepNamed, named, type Room, roomFor, StorageError } from "./storage";
import { changeQueue } from "./tally";

export { counts } from "./tally";

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

/** As it lies in the queue. An older app kept `code` itself. */
export interface QueueItem extends SealedAnswer {
  readonly state: QueueState;
  readonly hidden?: HiddenCode;
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
/** The day for which old ones were let go last, kept by name. */
const SWEPT = "swept";
/** So many records are read at a time. */
const PART = 100;

/** Keeps a sealed answer, and a copy of it. Resolves when it is on disk; the same key again changes nothing. Throws StorageError. */
export async function keepSealed(answer: SealedAnswer): Promise<void> {
  // The copy first: a disk that is full refuses it without harm to the database.
  await keepCopy({ ...answer, code: answer.code ?? "" });
  try {
    await keepOnce(answer);
  } catch (error) {
    await letCopiesGo([answer.key]);
    throw error;
  }
  announce();
}

/** Puts an answer into the queue unless it is there. Throws StorageError. */
export async function keepOnce({ key, envelope, round, channel, code }: SealedAnswer): Promise<void> {
  // First: within a transaction nothing else may be waited for.
  const hidden = code ? { hidden: await hideCode(key, code) } : {};
  await changeQueue(async (queue, moved) => {
    if ((await queue.getKey(key)) !== undefined) return;
    await queue.add({ key, envelope, round, channel, ...hidden, state: "waiting" });
    moved(channel, null, "waiting");
  });
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

/** Up to `most` keys of what waits in one channel, in the order of keys, from the first one after `after` on. */
export async function waitingAfter(channel: Channel, after: string, most: number): Promise<string[]> {
  const index = (await database()).transaction("queue").store.index("state");
  const keys: string[] = [];
  let cursor = await index.openKeyCursor(IDBKeyRange.only(["waiting", channel]));
  if (cursor && cursor.primaryKey < after) cursor = await cursor.continuePrimaryKey(["waiting", channel], after);
  for (; cursor && keys.length < most; cursor = await cursor.continue()) if (cursor.primaryKey > after) keys.push(cursor.primaryKey);
  return keys;
}

/** The keys of all that is not delivered. */
export async function undeliveredKeys(): Promise<string[]> {
  const db = await database();
  const of = (state: QueueState): Promise<string[]> => db.getAllKeysFromIndex("queue", "state", IDBKeyRange.bound([state], [state, []]));
  return [...(await of("waiting")), ...(await of("failed"))];
}

/** Those of these that are here, with the codes of their letters. */
export async function read(keys: readonly string[]): Promise<QueueItem[]> {
  const store = (await database()).transaction("queue").store;
  const found = await Promise.all(keys.map((key) => store.get(key)));
  return Promise.all(found.filter((item) => item !== undefined).map(withCode));
}

async function withCode(item: QueueItem): Promise<QueueItem> {
  const { hidden, ...bare } = item;
  const code = hidden && (await revealCode(item.key, hidden));
  return code ? { ...bare, code } : bare;
}

/** Every item that is not yet delivered, with the codes of their letters: for the file that staff save. */
export async function undelivered(): Promise<QueueItem[]> {
  const db = await database();
  const of = (state: QueueState): Promise<QueueItem[]> => db.getAllFromIndex("queue", "state", IDBKeyRange.bound([state], [state, []]));
  return Promise.all([...(await of("waiting")), ...(await of("failed"))].map(withCode));
}

/** Hides the codes that an older app has kept as they are. */
export async function hideClearCodes(): Promise<void> {
  for (let after = ""; ; ) {
    const part = await (await database()).getAll("queue", IDBKeyRange.lowerBound(after, true), PART);
    const hidden = await Promise.all(part.flatMap(({ key, code }) => (code ? [hideCode(key, code).then((box) => [key, box] as const)] : [])));
    if (hidden.length > 0) {
      await changeQueue(async (queue) => {
        for (const [key, box] of hidden) {
          const item = await queue.get(key);
          if (!item?.code) continue;
          const { code: _, ...bare } = item;
          await queue.put({ ...bare, hidden: box });
        }
      });
    }
    const last = part.at(-1);
    if (!last || part.length < PART) return;
    after = last.key;
  }
}

export type Outcome = { readonly key: string } & ({ readonly state: "delivered"; readonly day: number } | { readonly state: "failed"; readonly reason: string });

/** Writes down what became of a batch, in one transaction. Only what still waits is changed. */
export async function settle(outcomes: readonly Outcome[]): Promise<void> {
  if (outcomes.length === 0) return;
  await changeQueue(async (queue, moved) => {
    for (const outcome of outcomes) {
      const item = await queue.get(outcome.key);
      if (item?.state !== "waiting") continue;
      const { reason: _, day: __, ...bare } = item;
      await queue.put({ ...bare, ...outcome });
      moved(item.channel, "waiting", outcome.state);
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
  const changed = await changeQueue(async (queue, moved) => {
    let number = 0;
    for (let cursor = await queue.index("state").openCursor(IDBKeyRange.bound([from], [from, []])); cursor; cursor = await cursor.continue()) {
      const { reason: _, day: __, ...bare } = cursor.value;
      await cursor.update({ ...bare, state: "waiting" });
      moved(bare.channel, from, "waiting");
      number += 1;
    }
    return number;
  });
  if (changed > 0) announce();
  return changed;
}

/** An answer of this channel that was refused, and why; null where there is none. */
export async function refusedIn(channel: Channel): Promise<{ key: string; reason: string } | null> {
  const item = await (await database()).getFromIndex("queue", "state", IDBKeyRange.only(["failed", channel]));
  return item ? { key: item.key, reason: item.reason ?? "" } : null;
}

/** Lets an answer that was refused wait again, with another code of a letter. Throws StorageError. */
export async function sendWithCode(key: string, code: string): Promise<void> {
  const hidden = await hideCode(key, code);
  const changed = await changeQueue(async (queue, moved) => {
    const item = await queue.get(key);
    if (item?.state !== "failed") return null;
    const { reason: _, code: __, ...bare } = item;
    await queue.put({ ...bare, hidden, state: "waiting" });
    moved(item.channel, "failed", "waiting");
    return item;
  });
  if (changed) await keepCopy({ ...changed, code });
  announce();
}

/** Takes back an answer that was refused, so that the person can correct the code and send it anew. */
export async function withdrawRefused(key: string): Promise<void> {
  await changeQueue(async (queue, moved) => {
    const item = await queue.get(key);
    if (item?.state !== "failed") return;
    await queue.delete(key);
    moved(item.channel, "failed", null);
  });
  await letCopiesGo([key]);
  announce();
}

/** Lets delivered answers go that are older than KEPT_FOR_DAYS by both clocks: a wrong one alone deletes nothing.
 *
 * `serverDay` is the day that the server's answer names, `ownDay` that of this device. The queue is gone through once for a day,
 * a part at a time, so that an answer that is to be kept meanwhile waits for one part at most. */
export async function letOldGo(serverDay: number | null, ownDay: number): Promise<number> {
  if (serverDay === null || Math.abs(serverDay - ownDay) > 1) return 0;
  const today = Math.min(serverDay, ownDay);
  if ((await named<number>(SWEPT)) === today) return 0;
  const old = ({ state, day }: QueueItem): boolean => state === "delivered" && day !== undefined && today - day > KEPT_FOR_DAYS;
  let number = 0;
  for (let after = ""; ; ) {
    const part = await (await database()).getAll("queue", IDBKeyRange.lowerBound(after, true), PART);
    if (part.some(old)) number += await letGo(part.filter(old).map(({ key }) => key), old);
    const last = part.at(-1);
    if (!last || part.length < PART) break;
    after = last.key;
  }
  await keepNamed({ [SWEPT]: today });
  return number;
}

async function letGo(keys: readonly string[], old: (item: QueueItem) => boolean): Promise<number> {
  return changeQueue(async (queue, moved) => {
    let number = 0;
    for (const key of keys) {
      const item = await queue.get(key);
      if (!item || !old(item)) continue;
      await queue.delete(key);
      moved(item.channel, "delivered", null);
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
