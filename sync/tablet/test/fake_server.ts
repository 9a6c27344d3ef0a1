// A server of batches as docs/sync-protocol.md describes it, in memory, with the faults that lines and portals have.

import { digest } from "../src/seal";

export interface Received {
  readonly address: string;
  readonly credentials: string | undefined;
  readonly items: readonly { readonly envelope: Uint8Array; readonly code: string }[];
}

type Reply = (batch: Received) => Response | Promise<Response>;

export const EPOCH = "00000000000000aa";

/** The key of a made-up envelope is its first 16 bytes. */
export function keyOf(envelope: Uint8Array): string {
  return Array.from(envelope.slice(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function answer(number: number, size = 4300): { key: string; envelope: Uint8Array; round: string; channel: "tablet" } {
  const envelope = new Uint8Array(size).fill(number % 251);
  new DataView(envelope.buffer).setUint32(0, number);
  return { key: keyOf(envelope), envelope, round: "one", channel: "tablet" };
}

export class FakeServer {
  readonly batches: Received[] = [];
  readonly kept = new Map<string, Uint8Array>();
  epoch = EPOCH;
  /** Date of its answers. */
  date = "Thu, 26 Nov 2026 12:00:00 GMT";
  /** What it answers instead of what is right, one after the other. */
  faults: Reply[] = [];
  refusals = new Map<string, { code: string; retry_after: number | null }>();

  readonly fetch: typeof fetch = async (input, init) => {
    const batch = { address: String(input), credentials: init?.credentials, items: unpack(new Uint8Array(init?.body as ArrayBuffer)) };
    this.batches.push(batch);
    return (this.faults.shift() ?? ((received) => this.receive(received)))(batch);
  };

  async receive({ items }: Received): Promise<Response> {
    const results = [];
    for (const { envelope } of items) {
      const key = keyOf(envelope);
      const refusal = this.refusals.get(key);
      if (refusal) results.push({ key, result: "refused", ...refusal });
      else {
        this.kept.set(key, envelope);
        results.push({ key, result: "received", digest: await digest(envelope) });
      }
    }
    return json(200, { epoch: this.epoch, results }, "application/json", { Date: this.date });
  }
}

export function json(status: number, body: unknown, type = "application/json", headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": type, ...headers } });
}

export const problem = (status: number, code: string, headers = {}): Reply => () => json(status, { code }, "application/problem+json", headers);

export function unpack(bytes: Uint8Array): { envelope: Uint8Array; code: string }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (new TextDecoder().decode(bytes.slice(0, 4)) !== "SVBB" || bytes[4] !== 1 || bytes[5] !== 0) throw new Error("no batch");
  const items = [];
  let at = 8;
  for (let index = 0; index < view.getUint16(6); index += 1) {
    const length = view.getUint32(at);
    const code = view.getUint8(at + 4);
    at += 5;
    items.push({ code: new TextDecoder().decode(bytes.slice(at, at + code)), envelope: bytes.slice(at + code, at + code + length) });
    at += code + length;
  }
  if (at !== bytes.length) throw new Error("bytes left over");
  return items;
}
