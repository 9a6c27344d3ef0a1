// One turn, one person: which turn this tablet is in, whose tab it belongs to, and what goes with it when it is over.
//
// There is one turn at a time. Its draft lies under the turn's own random id; ending the turn deletes both in one
// transaction, and a page whose turn is over can neither read nor keep anything any more. `until` is the only time that is
// written down, it moves with each touch, and it goes with the turn.

import { asked, inDraftStore } from "./draft_store";
import { Drafts } from "./draft";
import { randomKey } from "./seal";

export interface Plan {
  readonly round: string;
  readonly version: string;
  readonly language: string;
  /** Minutes without a touch after which what was written is deleted. */
  readonly minutes: number;
}

export interface Turn extends Plan {
  readonly id: string;
  /** When the turn is over unless somebody touches the screen: ms since 1970, in whole minutes. */
  readonly until: number;
}

/** An interview that staff have paused: its draft waits for the PIN. */
export interface Paused extends Plan {
  readonly id: string;
  /** The day on which it was paused, whole days since 1970. */
  readonly day: number;
}

/** The turn is over: another has begun, it was ended, or too much time went by. */
export class TurnOver extends Error {}

const CURRENT = "~turn";
const PAUSED = "~paused";
const DRAFTS = "~turn/";
const TAB = "svarboks-turn";
/** Set once a page of the turn has been shown in this tab. */
const SHOWN = "svarboks-turn-shown";
/** How often the ready page has led back into the turn since a page of it was shown. */
const LED_BACK = "svarboks-turn-led-back";
/** So often it does at most. */
const PATIENCE = 5;
const CHANNEL = "svarboks-turn";
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** A paused interview that nobody takes up again is let go after so many days. */
export const PAUSED_FOR_DAYS = 30;

type Now = () => number;

/** Begins a turn in this tab. What was left of an earlier one is deleted first. */
export async function beginTurn(plan: Plan, now: Now = Date.now): Promise<Turn> {
  const { round, version, language, minutes } = plan;
  const turn: Turn = { id: randomKey(), round, version, language, minutes, until: until(minutes, now) };
  await inDraftStore("readwrite", async (store) => {
    await asked(store.put(turn, CURRENT));
    await sweep(store, turn.id, now);
  });
  take(turn.id);
  tellOthers();
  return turn;
}

/** The turn that is on, and whether it is this tab's; null when there is none. Deletes one whose time is up. */
export async function currentTurn(now: Now = Date.now): Promise<{ turn: Turn; own: boolean } | null> {
  const turn = await inDraftStore("readwrite", async (store) => {
    const found = await current(store);
    if (found && alive(found, now)) {
      await sweep(store, found.id, now);
      return found;
    }
    await asked(store.delete(CURRENT));
    await sweep(store, "", now);
    return null;
  });
  return turn && { turn, own: sessionStorage.getItem(TAB) === turn.id };
}

/** Makes the current turn this tab's: only under the staff's PIN. */
export function adopt(turn: Turn): void {
  take(turn.id);
}

function take(id: string): void {
  sessionStorage.setItem(TAB, id);
  sessionStorage.removeItem(SHOWN);
  hasShown();
}

/** Whether a page of the turn was shown in this tab before: then this one is a reload or a restored tab. */
export function shownBefore(id: string): boolean {
  const before = sessionStorage.getItem(SHOWN) === id;
  sessionStorage.setItem(SHOWN, id);
  return before;
}

/** The person goes on to another page by themselves: it is not to be covered. */
export function leadOn(): void {
  sessionStorage.removeItem(SHOWN);
}

/** Notes that the ready page leads back into this tab's turn. False when it did so again and again and no page was ever shown: then the turn
 * is not this tab's any more, and waits for staff. */
export function ledBack(): boolean {
  const times = Number(sessionStorage.getItem(LED_BACK)) + 1;
  sessionStorage.setItem(LED_BACK, String(times));
  if (times <= PATIENCE) return true;
  hasShown();
  sessionStorage.removeItem(TAB);
  return false;
}

/** A page of the turn is there for its person. */
export function hasShown(): void {
  sessionStorage.removeItem(LED_BACK);
}

/** Somebody is there: the turn's time begins anew. Throws TurnOver. */
export async function touchTurn(id: string, now: Now = Date.now): Promise<void> {
  await inDraftStore("readwrite", async (store) => {
    const found = await need(store, id);
    const renewed = until(found.minutes, now);
    if (renewed !== found.until) await asked(store.put({ ...found, until: renewed }, CURRENT));
  });
}

/** The turn goes on in another language. Throws TurnOver. */
export async function changeLanguage(id: string, language: string): Promise<void> {
  await inDraftStore("readwrite", async (store) => asked(store.put({ ...(await need(store, id)), language }, CURRENT)));
}

/** Ends a turn: its draft and the key of its draft are deleted. Nothing happens when it is over already. */
export async function endTurn(id: string): Promise<void> {
  await inDraftStore("readwrite", async (store) => {
    const found = await current(store);
    if (found?.id === id) await asked(store.delete(CURRENT));
    const paused = await pausedIn(store);
    if (!paused.some((one) => one.id === id)) await asked(store.delete(DRAFTS + id));
  });
  if (sessionStorage.getItem(TAB) === id) sessionStorage.removeItem(TAB);
  sessionStorage.removeItem(`svarboks-draft-${DRAFTS}${id}`);
  tellOthers();
}

/** Puts an interview aside; its draft stays, encrypted, until it is resumed. Throws TurnOver. */
export async function pauseTurn(id: string, now: Now = Date.now): Promise<void> {
  await inDraftStore("readwrite", async (store) => {
    const { round, version, language, minutes } = await need(store, id);
    const paused: Paused = { id, round, version, language, minutes, day: Math.floor(now() / DAY) };
    await asked(store.put([...(await pausedIn(store)), paused], PAUSED));
    await asked(store.delete(CURRENT));
  });
  sessionStorage.removeItem(TAB);
  tellOthers();
}

/** The interviews that wait for staff. */
export function pausedTurns(): Promise<readonly Paused[]> {
  return inDraftStore("readonly", pausedIn);
}

/** Takes a paused interview up again, in this tab. Throws TurnOver when it is no longer there. */
export async function resumeTurn(id: string, now: Now = Date.now): Promise<Turn> {
  const turn = await inDraftStore("readwrite", async (store) => {
    const all = await pausedIn(store);
    const found = all.find((one) => one.id === id);
    if (!found) throw new TurnOver();
    const { round, version, language, minutes } = found;
    const resumed: Turn = { id, round, version, language, minutes, until: until(minutes, now) };
    await asked(store.put(resumed, CURRENT));
    await asked(store.put(all.filter((one) => one !== found), PAUSED));
    await sweep(store, id, now);
    return resumed;
  });
  take(id);
  tellOthers();
  return turn;
}

/** The draft of a turn; keeping it throws TurnOver once the turn is over. */
export function draftsOf(turn: Turn): Drafts {
  return new Drafts(DRAFTS + turn.id, undefined, async (store) => {
    await need(store, turn.id);
  });
}

/** Calls `act` when a turn begins or ends in another tab; gives what ends that. */
export function onTurnChange(act: () => void): () => void {
  if (typeof BroadcastChannel === "undefined") return () => undefined;
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = () => act();
  return () => channel.close();
}

/** Resolves with what lets go again once this tab alone holds the turn; null when another tab has it after `patience` ms. */
export async function haveAlone(patience = 2000): Promise<(() => void) | null> {
  // Older browsers have no locks; the tab's own mark must do there.
  if (!("locks" in navigator)) return () => undefined;
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), patience);
  return new Promise((resolve) => {
    navigator.locks
      .request(CHANNEL, { signal: stop.signal }, () => {
        clearTimeout(timer);
        return new Promise<void>((letGo) => resolve(letGo));
      })
      .catch(() => resolve(null));
  });
}

function until(minutes: number, now: Now): number {
  return Math.ceil((now() + minutes * MINUTE) / MINUTE) * MINUTE;
}

/** Whether its time is not up. A time that lies too far ahead was written by another clock: then it is over too. */
function alive(turn: Turn, now: Now): boolean {
  const left = turn.until - now();
  return left > 0 && left <= (turn.minutes + 1) * MINUTE;
}

function current(store: IDBObjectStore): Promise<Turn | undefined> {
  return asked(store.get(CURRENT) as IDBRequest<Turn | undefined>);
}

async function need(store: IDBObjectStore, id: string): Promise<Turn> {
  const found = await current(store);
  if (found?.id !== id) throw new TurnOver();
  return found;
}

async function pausedIn(store: IDBObjectStore): Promise<readonly Paused[]> {
  return (await asked(store.get(PAUSED) as IDBRequest<readonly Paused[] | undefined>)) ?? [];
}

/** Deletes every turn's draft that belongs neither to `current` nor to a paused interview. */
async function sweep(store: IDBObjectStore, currentId: string, now: Now): Promise<void> {
  const all = await pausedIn(store);
  const today = Math.floor(now() / DAY);
  const paused = all.filter((one) => today - one.day <= PAUSED_FOR_DAYS);
  if (paused.length < all.length) await asked(store.put(paused, PAUSED));
  const kept = new Set([currentId, ...paused.map((one) => one.id)].map((id) => DRAFTS + id));
  for (const name of await asked(store.getAllKeys(IDBKeyRange.bound(DRAFTS, `${DRAFTS}~`)))) {
    if (!kept.has(String(name))) await asked(store.delete(name));
  }
}

function tellOthers(): void {
  try {
    const channel = new BroadcastChannel(CHANNEL);
    channel.postMessage("changed");
    channel.close();
  } catch {
    // An older browser: other tabs look when they are shown.
  }
}
