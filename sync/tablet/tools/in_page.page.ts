// The app's own modules within a page, for tests that need many answers or have to look into the queue: `window.svarboksTest`.
// Built as a script for browsers into build/in_page.page.js; it ships nowhere.

import { counts, keepSealed, mayKeepAnother } from "../src/queue";
import { digest, pad, randomKey, seal } from "../src/seal";
import { flush } from "../src/sender";
import { database } from "../src/storage";
import { manifest } from "../src/tablet_state";

interface Meant {
  readonly round?: string;
  readonly language?: string;
  readonly unit?: string | null;
  readonly answers?: Readonly<Record<string, unknown>>;
}

/** Seals one answer to a round that this tablet takes (the first unless named) and keeps it; gives its key when it is durable. */
async function answer(meant: Meant = {}): Promise<{ key: string; sealing: number; keeping: number }> {
  const said = await manifest();
  const round = said?.rounds.find((one) => one.state === "open" && (meant.round === undefined || one.round === meant.round));
  if (!said || !round) throw new Error("no open round");
  const began = performance.now();
  const key = randomKey();
  const header = { key, round: round.round, version: round.version, channel: "tablet", unit: meant.unit === undefined ? said.unit.id : meant.unit, kid: round.kid };
  const plain = pad({ answers: meant.answers ?? {}, language: meant.language ?? round.languages[0]?.tag ?? "da" }, round.padded_size);
  const envelope = await seal(header, plain, round.public_key);
  const sealed = performance.now();
  await keepSealed({ key, envelope, round: round.round, channel: "tablet" });
  return { key, sealing: sealed - began, keeping: performance.now() - sealed };
}

/** Everything in the queue: key, state, and the envelope's digest. */
async function queue(): Promise<{ key: string; state: string; digest: string; bytes: number }[]> {
  const items = await (await database()).getAll("queue");
  return Promise.all(
    items.map(async ({ key, state, envelope }) => ({ key, state, digest: await digest(envelope), bytes: envelope.length })),
  );
}

/** The envelope of one item as base64. */
async function envelope(key: string): Promise<string> {
  const item = await (await database()).get("queue", key);
  return btoa(Array.from(item?.envelope ?? [], (byte) => String.fromCharCode(byte)).join(""));
}

const tools = { answer, queue, envelope, counts, mayKeepAnother, flush };

declare global {
  interface Window {
    svarboksTest: typeof tools;
  }
}

window.svarboksTest = tools;
