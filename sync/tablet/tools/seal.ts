// Seals for tests/sync/test_tablet_sealing.py: one JSON line in ({"header", "payload", "padded_size", "public_key"}), one
// JSON line out ({"envelope": base64, "digest"}), until the end.

import { createInterface } from "node:readline";

import { digest, type Header, pad, type Payload, seal } from "../src/seal";

interface Case {
  header: Header;
  payload: Payload;
  padded_size: number;
  public_key: string;
}

for await (const line of createInterface({ input: process.stdin })) {
  const one = JSON.parse(line) as Case;
  const envelope = await seal(one.header, pad(one.payload, one.padded_size), one.public_key);
  process.stdout.write(`${JSON.stringify({ envelope: Buffer.from(envelope).toString("base64"), digest: await digest(envelope) })}\n`);
}
