// Batches on the wire (docs/sync-protocol.md): how many sealed answers become one request, and what its answer says.

export const MOST_IN_A_BATCH = 100;
const MAGIC = [0x53, 0x56, 0x42, 0x42, 1, 0];

export interface BatchItem {
  readonly envelope: Uint8Array;
  readonly code?: string;
}

/** The bytes of one batch of 1 to 100 items. */
export function packBatch(items: readonly BatchItem[]): Uint8Array {
  const codes = items.map(({ code }) => new TextEncoder().encode(code ?? ""));
  const size = items.reduce((sum, item, index) => sum + 5 + (codes[index]?.length ?? 0) + item.envelope.length, 8);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint16(6, items.length);
  let at = 8;
  items.forEach(({ envelope }, index) => {
    const code = codes[index] ?? new Uint8Array();
    view.setUint32(at, envelope.length);
    view.setUint8(at + 4, code.length);
    bytes.set(code, at + 5);
    bytes.set(envelope, at + 5 + code.length);
    at += 5 + code.length + envelope.length;
  });
  return bytes;
}

export type ItemResult =
  | { readonly key: string; readonly result: "received"; readonly digest: string }
  | { readonly key: string | null; readonly result: "refused"; readonly code: string; readonly retry_after: number | null };

export interface BatchAnswer {
  readonly epoch: string;
  readonly results: readonly ItemResult[];
}

/** The answer to a batch of `number` items; null when it is not what our server says (then nothing is delivered). */
export function readBatchAnswer(said: unknown, number: number): BatchAnswer | null {
  if (typeof said !== "object" || said === null) return null;
  const { epoch, results } = said as Record<string, unknown>;
  if (typeof epoch !== "string" || !/^[0-9a-f]{16}$/.test(epoch)) return null;
  if (!Array.isArray(results) || results.length !== number || !results.every(isResult)) return null;
  return { epoch, results };
}

function isResult(one: unknown): one is ItemResult {
  if (typeof one !== "object" || one === null) return false;
  const { key, result, digest, code, retry_after } = one as Record<string, unknown>;
  if (result === "received") return typeof key === "string" && typeof digest === "string";
  return result === "refused" && (key === null || typeof key === "string") && typeof code === "string" && (retry_after === null || typeof retry_after === "number");
}
