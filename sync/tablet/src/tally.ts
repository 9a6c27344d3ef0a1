// How many answers there are in each state: numbers kept beside the queue and changed in the same transaction. A browser counts
// an index by walking through it (0.15 s for 10,000 in Chromium), and everybody who listens counted at every change.

import type { IDBPObjectStore } from "idb";

import type { Channel, Counts, QueueState } from "./queue";
import { database, durably, type Kept, keepNamed, type Store } from "./storage";

const NAME = "counts";
const CHANNELS: readonly Channel[] = ["tablet", "web"];
const STATES: readonly QueueState[] = ["waiting", "delivered", "failed"];

type Numbers = Readonly<Record<Channel, Counts>>;
/** Notes that an answer goes from one state to another; null: it is not in the queue. */
export type Moved = (channel: Channel, from: QueueState | null, to: QueueState | null) => void;

/** Changes the queue, and the numbers with it, in one transaction that is on disk when this resolves. Throws StorageError. */
export function changeQueue<T>(act: (queue: IDBPObjectStore<Kept, Store[], "queue", "readwrite">, moved: Moved) => Promise<T>): Promise<T> {
  return durably(["queue", "tablet"], async (writing) => {
    const moves: Parameters<Moved>[] = [];
    const result = await act(writing.objectStore("queue"), (...move) => void moves.push(move));
    if (moves.length === 0) return result;
    const tablet = writing.objectStore("tablet");
    const kept = (await tablet.get(NAME)) as Numbers | undefined;
    // Where they were never counted, whoever asks counts.
    if (kept) await tablet.put(after(kept, moves), NAME);
    return result;
  });
}

function after(kept: Numbers, moves: readonly Parameters<Moved>[]): Numbers {
  const numbers = { tablet: { ...kept.tablet }, web: { ...kept.web } };
  for (const [channel, from, to] of moves) {
    if (from) numbers[channel][from] -= 1;
    if (to) numbers[channel][to] += 1;
  }
  return numbers;
}

/** How many answers there are in each state, of one channel or of both. What it costs does not grow with them. */
export async function counts(channel?: Channel): Promise<Counts> {
  const numbers = (await keptNumbers()) ?? (await countAnew());
  const sum = (state: QueueState): number => CHANNELS.reduce((all, one) => all + (!channel || channel === one ? numbers[one][state] : 0), 0);
  return { waiting: sum("waiting"), delivered: sum("delivered"), failed: sum("failed") };
}

/** Forgets the numbers: they are counted when somebody asks. For a new app, since an older one changed the queue without them. */
export async function forgetNumbers(): Promise<void> {
  await keepNamed({ [NAME]: undefined });
}

/** The kept numbers; null where there are none, or where they are wrong on whether something waits, on which sending hangs. */
async function keptNumbers(): Promise<Numbers | null> {
  const reading = (await database()).transaction(["queue", "tablet"]);
  const index = reading.objectStore("queue").index("state");
  const [kept, ...first] = await Promise.all([
    reading.objectStore("tablet").get(NAME) as Promise<Numbers | undefined>,
    ...CHANNELS.map((channel) => index.getKey(IDBKeyRange.only(["waiting", channel]))),
  ]);
  if (!kept || CHANNELS.some((channel, at) => kept[channel].waiting > 0 !== (first[at] !== undefined))) return null;
  return kept;
}

/** Counts, and keeps what came of it where that can be written. */
async function countAnew(): Promise<Numbers> {
  try {
    return await durably(["queue", "tablet"], async (writing) => {
      const numbers = await countIn(writing.objectStore("queue"));
      await writing.objectStore("tablet").put(numbers, NAME);
      return numbers;
    });
  } catch {
    // A full disk: what is there can be counted all the same.
    return countIn((await database()).transaction("queue").store);
  }
}

async function countIn(queue: { index(name: "state"): { count(range: IDBKeyRange): Promise<number> } }): Promise<Numbers> {
  const index = queue.index("state");
  const of = async (channel: Channel): Promise<Counts> => {
    const [waiting = 0, delivered = 0, failed = 0] = await Promise.all(STATES.map((state) => index.count(IDBKeyRange.only([state, channel]))));
    return { waiting, delivered, failed };
  };
  const [tablet, web] = await Promise.all([of("tablet"), of("web")]);
  return { tablet, web };
}
