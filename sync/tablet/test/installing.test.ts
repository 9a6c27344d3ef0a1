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
/** Whether somebody holds the sender's lock. */
let sending: boolean;

/** The browser's locks, of which there is one. */
const locks = {
  async request(_name: string, _how: unknown, act: (lock: object | null) => Promise<unknown>): Promise<unknown> {
    if (sending) return act(null);
    sending = true;
    return act({}).finally(() => (sending = false));
  },
};

function follow(mayNow: () => boolean = () => true): () => void {
  return takeNewOnes(registration as unknown as ServiceWorkerRegistration, mayNow, () => (changed += 1));
}

function found(): Worker {
  const coming = new Worker();
  registration.installing = coming;
  registration.dispatchEvent(new Event("updatefound"));
  return coming;
}

/** It is installed and waits. */
function installed(coming: Worker): void {
  [registration.installing, registration.waiting] = [null, coming];
  coming.becomes("installed");
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("navigator", { locks });
  registration = new Registration();
  changed = 0;
  sending = false;
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a new app", () => {
  it("is told to take over, again each second until it does", async () => {
    follow();
    const coming = found();
    installed(coming);
    await vi.advanceTimersByTimeAsync(2500);
    expect(coming.told).toStrictEqual([{ type: "take-over" }, { type: "take-over" }, { type: "take-over" }]);
    [registration.waiting, registration.active] = [null, coming];
    coming.becomes("activated");
    expect(changed).toBe(1);
    await vi.advanceTimersByTimeAsync(5000);
    expect(coming.told).toHaveLength(3);
  });

  it("waits as long as it may not", async () => {
    let may = false;
    follow(() => may);
    const coming = found();
    installed(coming);
    await vi.advanceTimersByTimeAsync(3000);
    expect(coming.told).toStrictEqual([]);
    may = true;
    await vi.advanceTimersByTimeAsync(1000);
    expect(coming.told).toHaveLength(1);
  });

  it("is told although the registration says only a moment later that it waits", async () => {
    follow();
    const coming = found();
    coming.becomes("installed");
    await vi.advanceTimersByTimeAsync(100);
    [registration.installing, registration.waiting] = [null, coming];
    await vi.advanceTimersByTimeAsync(1000);
    expect(coming.told).toHaveLength(1);
  });

  it("does not load the page anew while something is open there", async () => {
    let may = true;
    follow(() => may);
    const coming = found();
    installed(coming);
    may = false;
    [registration.waiting, registration.active] = [null, coming];
    coming.becomes("activated");
    await vi.advanceTimersByTimeAsync(5000);
    expect(changed).toBe(0);
    may = true;
    await vi.advanceTimersByTimeAsync(1000);
    expect(changed).toBe(1);
  });

  it("is told without a lease where the browser has no locks: it would outlast the page", async () => {
    vi.stubGlobal("navigator", {});
    follow();
    const coming = found();
    installed(coming);
    await vi.advanceTimersByTimeAsync(0);
    expect(coming.told).toHaveLength(1);
  });

  it("waits while somebody sends, and nobody sends until the old one has ended", async () => {
    sending = true;
    follow();
    const coming = found();
    installed(coming);
    await vi.advanceTimersByTimeAsync(1500);
    expect(coming.told).toStrictEqual([]);
    sending = false;
    await vi.advanceTimersByTimeAsync(600);
    expect(coming.told).toHaveLength(1);
    expect(sending).toBe(true);
    await vi.advanceTimersByTimeAsync(400);
    expect(sending).toBe(false);
  });

  it("that waited before the page was opened is told when the page says so", async () => {
    const coming = new Worker();
    coming.state = "installed";
    registration.waiting = coming;
    const tell = follow();
    await vi.advanceTimersByTimeAsync(0);
    expect(coming.told).toStrictEqual([]);
    tell();
    await vi.advanceTimersByTimeAsync(0);
    expect(coming.told).toHaveLength(1);
  });
});
