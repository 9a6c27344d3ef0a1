// How many answers go into one request: as many as the line at hand takes in about ten seconds, so that a line that breaks
// every minute never makes a tablet begin again from nothing.

import { MOST_IN_A_BATCH } from "./batches";

/** A batch is meant to take so long; a slower line than thought still finishes in ten. */
const AIM_SECONDS = 6;
/** What is assumed before anything was measured, in bytes a second: 64 kbit/s. */
const FIRST_GUESS = 8_000;
const SLOWEST = 200;
/** More is of no use: 100 of the longest answers in that time. */
const FASTEST = 1_200_000;
/** From one batch to the next the guess grows at most so much: a small batch measures the delay, not the line. */
const GROWTH = 4;

export class Line {
  private rate = FIRST_GUESS;
  private most = MOST_IN_A_BATCH;

  /** How many of these sizes (in bytes, in the order of sending) go next: at least one. */
  fits(sizes: readonly number[]): number {
    const room = this.rate * AIM_SECONDS;
    let bytes = 0;
    let number = 0;
    for (const size of sizes) {
      bytes += size;
      if (number > 0 && (bytes > room || number >= this.most)) break;
      number += 1;
    }
    return number;
  }

  /** How long a batch of so many bytes may take before it is given up, in ms. */
  patience(bytes: number): number {
    return Math.min(120_000, Math.max(30_000, (4000 * bytes) / this.rate));
  }

  /** A batch of so many bytes was answered after so many seconds. */
  arrived(bytes: number, seconds: number): void {
    const measured = bytes / Math.max(seconds, 0.001);
    this.rate = Math.max(SLOWEST, Math.min(measured, this.rate * GROWTH, FASTEST));
    this.most = Math.min(MOST_IN_A_BATCH, Math.ceil(this.most * 1.1));
  }

  /** A batch of so many bytes had not got through after so many seconds: the line is slower than that, or bad. */
  broke(bytes: number, seconds: number): void {
    this.rate = Math.max(SLOWEST, Math.min(this.rate, bytes / Math.max(seconds, 0.001)) / 2);
  }

  /** The server takes no batch of so many. */
  tooMany(number: number): void {
    this.most = Math.max(1, Math.floor(number / 2));
  }
}
