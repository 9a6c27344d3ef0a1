// Answers that the database lost come back from their copies (copies.ts), and copies go that are not needed any more.

import { copiedKeys, copyOf, letCopiesGo } from "./copies";
import { announce, keepOnce, stateOf, undeliveredKeys } from "./queue";
import { keepNamed, named } from "./storage";

/** The day on which the copies were looked through, kept in the database: one that begins empty does not have it. */
const LOOKED = "looked";
/** That they were since this tab was opened: a browser that is started again looks again. */
const TAB = "svarboks-looked";

/** Puts answers into the queue again that only a copy is left of, and lets copies go that are not needed any more.
 *
 * Gives how many came back. Throws StorageError. */
export async function bringBack(today: number): Promise<number> {
  const copied = await copiedKeys();
  if (!copied) return 0;
  let back = 0;
  const needed = new Set(await undeliveredKeys());
  for (const key of copied) {
    if (needed.has(key)) continue;
    const known = await stateOf(key);
    if (known && known.state !== "delivered") continue;
    const copy = known ? null : await copyOf(key);
    if (!copy) {
      await letCopiesGo([key]);
      continue;
    }
    const { envelope, round, code } = copy;
    await keepOnce({ key, envelope, round, channel: copy.channel === "web" ? "web" : "tablet", ...(code ? { code } : {}) });
    back += 1;
  }
  await keepNamed({ [LOOKED]: today });
  tab()?.setItem(TAB, "1");
  if (back > 0) announce();
  return back;
}

/** The same where there is reason to: the database is another than the one they were looked through for, the browser was
 * started, or a day has passed. Listing thousands of copies takes a second, and this is asked at each start of a page.
 *
 * `today`: whole days since 1970. */
export async function bringBackWhatWasLost(today = Math.floor(Date.now() / 86_400_000)): Promise<number> {
  const mark = tab();
  if ((await named<number>(LOOKED)) === today && (!mark || mark.getItem(TAB))) return 0;
  return bringBack(today);
}

interface TabStorage {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
}

/** A tab's own storage; none in a worker. */
function tab(): TabStorage | null {
  try {
    return (globalThis as { readonly sessionStorage?: TabStorage }).sessionStorage ?? null;
  } catch {
    return null;
  }
}
