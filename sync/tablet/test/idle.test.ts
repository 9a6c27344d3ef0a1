import { describe, expect, it } from "vitest";

import { type Clock, Idle } from "../src/idle";

const MINUTE = 60_000;

/** A clock that goes when it is told to. */
function clock(): Clock & { pass(ms: number, step?: number): void; jump(ms: number): void } {
  let now = 1_700_000_000_000;
  const acts = new Set<() => void>();
  return {
    now: () => now,
    every: (_, act) => {
      acts.add(act);
      return () => acts.delete(act);
    },
    pass(ms, step = 1000) {
      for (let gone = 0; gone < ms; gone += step) {
        now += step;
        for (const act of acts) act();
      }
    },
    jump: (ms) => void (now += ms),
  };
}

function watched(): { time: ReturnType<typeof clock>; idle: Idle; taken: string[] } {
  const time = clock();
  const taken: string[] = [];
  const idle = new Idle([{ after: 3 * MINUTE, act: () => taken.push("cover") }, { after: 30 * MINUTE, act: () => taken.push("over") }], time);
  return { time, idle, taken };
}

describe("a screen that nobody touches", () => {
  it("is covered after three minutes and wiped after thirty, each once", () => {
    const { time, taken } = watched();
    time.pass(3 * MINUTE - 1000);
    expect(taken).toStrictEqual([]);
    time.pass(1000);
    expect(taken).toStrictEqual(["cover"]);
    time.pass(27 * MINUTE - 1000);
    expect(taken).toStrictEqual(["cover"]);
    time.pass(60 * MINUTE);
    expect(taken).toStrictEqual(["cover", "over"]);
  });

  it("begins anew with each touch", () => {
    const { time, idle, taken } = watched();
    for (let touch = 0; touch < 40; touch += 1) {
      time.pass(2 * MINUTE);
      idle.touched();
    }
    expect(taken).toStrictEqual([]);
    time.pass(3 * MINUTE);
    idle.touched();
    time.pass(3 * MINUTE);
    expect(taken).toStrictEqual(["cover", "cover"]);
  });

  it("is late for nothing when the device slept, even if the touch comes first", () => {
    const { time, idle, taken } = watched();
    time.jump(31 * MINUTE);
    idle.touched();
    expect(taken).toStrictEqual(["cover", "over"]);
  });

  it("takes a clock that goes back for a touch, and looks no more once stopped", () => {
    const { time, idle, taken } = watched();
    time.pass(2 * MINUTE);
    time.jump(-365 * 24 * 60 * MINUTE);
    time.pass(3 * MINUTE + 1000);
    expect(taken).toStrictEqual(["cover"]);
    idle.stop();
    time.pass(60 * MINUTE);
    expect(taken).toStrictEqual(["cover"]);
  });
});
