import { describe, expect, it } from "vitest";

import { minutesBetween, shownTime } from "../src/stopwatch";

describe("a watch", () => {
  it("registers whole minutes, at least one", () => {
    expect([0, 29_000, 89_000, 91_000, 45 * 60_000].map((ms) => minutesBetween(1000, 1000 + ms))).toStrictEqual([1, 1, 1, 2, 45]);
  });

  it("shows how long it has been running", () => {
    expect([0, 7_900, 187_000, 3_787_000, -5000].map(shownTime)).toStrictEqual(["0:00", "0:07", "3:07", "1:03:07", "0:00"]);
  });
});
