import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { takeNewOnes } from "../src/installing";

class Worker extends EventTarget {
  state = "installing";
  readonly told: unknown[] = [];
  postMessage(said: unknown): void {
    this.told.push(said);
  }
  becomes(state: string): void {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }
}

class Registration extends EventTarget {
  installing: Worker | null = null;
  waiting: Worker | null = null;
  active: Worker | null = new Worker();
}

let registration: Registration;
let changed: number;

function follow(mayNow: () => boolean = () => true): () => void {
  return takeNewOnes(registration as unknown as ServiceWorkerRegistration, mayNow, () => (changed += 1));
}

function found(): Worker {
  const coming = new Worker();
  registration.installing = coming;
  registration.dispatchEvent(new Event("updatefound"));
  return coming;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("window", globalThis);
  registration = new Registration();
  changed = 0;
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a new app", () => {
  it("is told to take over, again each second until it does", () => {
    follow();
    const coming = found();
    [registration.installing, registration.waiting] = [null, coming];
    coming.becomes("installed");
    vi.advanceTimersByTime(2500);
    expect(coming.told).toStrictEqual([{ type: "take-over" }, { type: "take-over" }, { type: "take-over" }]);
    [registration.waiting, registration.active] = [null, coming];
    coming.becomes("activated");
    expect(changed).toBe(1);
    vi.advanceTimersByTime(5000);
    expect(coming.told).toHaveLength(3);
  });

  it("is told also where the browser says that it is installed before it lists it among those that wait", () => {
    follow();
    const coming = found();
    coming.becomes("installed");
    expect(coming.told).toHaveLength(1);
    vi.advanceTimersByTime(1000);
    expect(coming.told).toHaveLength(2);
  });

  it("waits as long as it may not", () => {
    let may = false;
    follow(() => may);
    const coming = found();
    coming.becomes("installed");
    vi.advanceTimersByTime(3000);
    expect(coming.told).toStrictEqual([]);
    may = true;
    vi.advanceTimersByTime(1000);
    expect(coming.told).toHaveLength(1);
  });

  it("that waited before the page was opened is told at once", () => {
    const coming = new Worker();
    coming.state = "installed";
    registration.waiting = coming;
    const again = follow();
    expect(coming.told).toHaveLength(1);
    again();
    expect(coming.told).toHaveLength(2);
  });
});
