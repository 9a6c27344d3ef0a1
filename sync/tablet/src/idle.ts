// How long nobody has touched the screen, and what follows from it.

/** The clock and timers of a window; tests bring their own. */
export interface Clock {
  now(): number;
  every(ms: number, act: () => void): () => void;
}

export const windowClock: Clock = {
  now: () => Date.now(),
  every: (ms, act) => {
    const timer = window.setInterval(act, ms);
    return () => window.clearInterval(timer);
  },
};

/** A step that follows after so many ms without a touch; taken once, until the next touch. */
export interface Step {
  readonly after: number;
  readonly act: () => void;
}

const LOOK_EVERY = 1000;

/** Takes steps while nobody touches the screen. It looks at the clock each second, so that a device that slept is not late. */
export class Idle {
  private last: number;
  private readonly taken = new Set<Step>();
  private readonly stopLooking: () => void;

  constructor(
    private readonly steps: readonly Step[],
    private readonly clock: Clock = windowClock,
  ) {
    this.last = clock.now();
    this.stopLooking = clock.every(LOOK_EVERY, () => this.look());
  }

  /** Somebody is there. */
  touched(): void {
    this.look();
    this.last = this.clock.now();
    this.taken.clear();
  }

  /** Takes what is due. A clock that went back counts as a touch. */
  look(): void {
    const idle = this.clock.now() - this.last;
    if (idle < 0) this.last = this.clock.now();
    for (const step of this.steps) {
      if (idle < step.after || this.taken.has(step)) continue;
      this.taken.add(step);
      step.act();
    }
  }

  stop(): void {
    this.stopLooking();
  }
}
