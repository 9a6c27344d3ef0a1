// In which order what waits is sent: once around the queue from a random place, a hundred keys at a time and those shuffled. Keys
// are random, so this says nothing of when an answer was given, and what it costs does not grow with the queue.

import { MOST_IN_A_BATCH } from "./batches";
import { type Channel, waitingAfter } from "./queue";
import { randomKey } from "./seal";

export class SendingOrder {
  private readonly from = randomKey();
  private at = this.from;
  /** Past the last key, and on from the first. */
  private beyond = false;
  /** Whether this time around gave anything. */
  private gave = false;

  /** `tried`: what is not to be given (any more). */
  constructor(
    private readonly channel: Channel,
    private readonly tried: ReadonlySet<string>,
  ) {}

  /** Some keys of what waits, at most a batch; none when a whole time around found nothing that was not tried. */
  async next(): Promise<string[]> {
    for (;;) {
      const found = await waitingAfter(this.channel, this.at, MOST_IN_A_BATCH);
      const part = this.beyond ? found.filter((key) => key <= this.from) : found;
      this.at = part.at(-1) ?? this.at;
      const keys = part.filter((key) => !this.tried.has(key));
      const around = part.length < MOST_IN_A_BATCH && this.beyond;
      if (around) {
        // What was kept meanwhile may lie behind.
        if (!this.gave && keys.length === 0) return [];
        [this.beyond, this.at, this.gave] = [false, this.from, false];
      } else if (part.length < MOST_IN_A_BATCH) [this.beyond, this.at] = [true, ""];
      if (keys.length === 0) continue;
      if (!around) this.gave = true;
      return shuffled(keys);
    }
  }
}

/** In an order that says nothing of when they were given. */
function shuffled(list: readonly string[]): string[] {
  const mixed = [...list];
  const random = crypto.getRandomValues(new Uint32Array(mixed.length));
  for (let at = mixed.length - 1; at > 0; at -= 1) {
    const other = (random[at] ?? 0) % (at + 1);
    [mixed[at], mixed[other]] = [mixed[other] as string, mixed[at] as string];
  }
  return mixed;
}
