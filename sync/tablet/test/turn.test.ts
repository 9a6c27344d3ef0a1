import "fake-indexeddb/auto";

import { beforeEach, describe, expect, it } from "vitest";

import { asked, inDraftStore } from "../src/draft_store";
import { adopt, beginTurn, changeLanguage, currentTurn, draftsOf, endTurn, PAUSED_FOR_DAYS, pausedTurns, pauseTurn, type Plan, resumeTurn, touchTurn, TurnOver } from "../src/turn";
import { tab } from "./tab";

const plan: Plan = { round: "open1", version: "a".repeat(64), language: "da", minutes: 30 };
const draft = { fields: [["note", "hemmelig tekst"]] as [string, string][], page: "experience" };
const MINUTE = 60_000;
const NOON = Date.UTC(2026, 2, 3, 12);

async function names(): Promise<string[]> {
  return (await inDraftStore("readonly", (store) => asked(store.getAllKeys()))).map(String).sort();
}

beforeEach(async () => {
  globalThis.sessionStorage = tab();
  await inDraftStore("readwrite", (store) => asked(store.clear()));
});

describe("a turn", () => {
  it("belongs to the tab that it began in", async () => {
    const turn = await beginTurn(plan);
    expect(await currentTurn()).toStrictEqual({ turn, own: true });
    const mine = globalThis.sessionStorage;
    globalThis.sessionStorage = tab();
    expect(await currentTurn()).toStrictEqual({ turn, own: false });
    adopt(turn);
    expect((await currentTurn())?.own).toBe(true);
    globalThis.sessionStorage = mine;
    expect((await currentTurn())?.own).toBe(true);
  });

  it("takes its draft and the key with it, however it ends", async () => {
    const first = await beginTurn(plan);
    await draftsOf(first).keep(draft);
    expect(await names()).toStrictEqual(["~turn", `~turn/${first.id}`]);
    await endTurn(first.id);
    expect(await names()).toStrictEqual([]);

    const second = await beginTurn(plan);
    expect(second.id).not.toBe(first.id);
    expect(await draftsOf(second).look()).toBe("none");
    await draftsOf(second).keep(draft);
    const third = await beginTurn(plan);
    expect(await names()).toStrictEqual(["~turn"]);
    // The page of the turn before can neither keep nor read any more, nor end what is not its own.
    await expect(draftsOf(second).keep(draft)).rejects.toThrow(TurnOver);
    await expect(touchTurn(second.id)).rejects.toThrow(TurnOver);
    await expect(changeLanguage(second.id, "ar")).rejects.toThrow(TurnOver);
    await expect(pauseTurn(second.id)).rejects.toThrow(TurnOver);
    await endTurn(second.id);
    expect((await currentTurn())?.turn.id).toBe(third.id);
    expect(await draftsOf(third).take()).toBeNull();
  });

  it("is over when nobody has touched it for its minutes, and a touch moves that", async () => {
    let now = NOON;
    const clock = (): number => now;
    const turn = await beginTurn({ ...plan, minutes: 10 }, clock);
    await draftsOf(turn).keep(draft);
    now += 9 * MINUTE;
    await touchTurn(turn.id, clock);
    now += 9 * MINUTE;
    expect((await currentTurn(clock))?.turn.id).toBe(turn.id);
    now += 2 * MINUTE;
    expect(await currentTurn(clock)).toBeNull();
    expect(await names()).toStrictEqual([]);
  });

  it("is over when the clock has gone back by more than its minutes", async () => {
    let now = NOON;
    const turn = await beginTurn(plan, () => now);
    await draftsOf(turn).keep(draft);
    now -= 365 * 24 * 60 * MINUTE;
    expect(await currentTurn(() => now)).toBeNull();
    expect(await names()).toStrictEqual([]);
  });

  it("writes down no time but when it is over, in whole minutes", async () => {
    const turn = await beginTurn(plan, () => NOON + 12_345);
    expect(turn.until % MINUTE).toBe(0);
    expect(Object.keys(turn).sort()).toStrictEqual(["id", "language", "minutes", "round", "until", "version"]);
  });
});

describe("a paused interview", () => {
  it("outlives other turns, and is taken up again with its draft", async () => {
    let now = NOON;
    const clock = (): number => now;
    const turn = await beginTurn(plan, clock);
    await draftsOf(turn).keep(draft);
    await pauseTurn(turn.id, clock);
    expect(await currentTurn(clock)).toBeNull();
    await expect(draftsOf(turn).keep({ ...draft, fields: [] })).rejects.toThrow(TurnOver);
    expect((await pausedTurns()).map(({ id }) => id)).toStrictEqual([turn.id]);

    const other = await beginTurn(plan, clock);
    await draftsOf(other).keep({ ...draft, page: "other" });
    now += 5 * 60 * MINUTE;
    expect(await currentTurn(clock)).toBeNull();
    // Its page must not delete what is put aside.
    await endTurn(turn.id);

    globalThis.sessionStorage = tab();
    const resumed = await resumeTurn(turn.id, clock);
    expect(await currentTurn(clock)).toStrictEqual({ turn: resumed, own: true });
    expect(await draftsOf(resumed).take()).toStrictEqual(draft);
    expect(await pausedTurns()).toStrictEqual([]);
    await expect(resumeTurn(turn.id, clock)).rejects.toThrow(TurnOver);
    await endTurn(turn.id);
    expect((await names()).filter((name) => name !== "~paused")).toStrictEqual([]);
  });

  it("is let go after thirty days", async () => {
    let now = NOON;
    const clock = (): number => now;
    const turn = await beginTurn(plan, clock);
    await draftsOf(turn).keep(draft);
    await pauseTurn(turn.id, clock);
    now += PAUSED_FOR_DAYS * 24 * 60 * MINUTE;
    await currentTurn(clock);
    expect(await pausedTurns()).toHaveLength(1);
    now += 24 * 60 * MINUTE;
    await currentTurn(clock);
    expect(await pausedTurns()).toHaveLength(0);
    expect(await names()).toStrictEqual(["~paused"]);
  });
});
