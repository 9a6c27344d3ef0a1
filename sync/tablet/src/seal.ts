// A sealed answer: the envelope of docs/architecture.md, "A sealed answer on the wire" (version 1).

import { Aes128Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from "@hpke/core";

const SUITE = "P256-SHA256-AES128GCM";
const LENGTH_BYTES = 4;

/** What the server may read of a sealed answer. `key` is 32, `version` 64 and `kid` 16 lower-case hex digits. */
export interface Header {
  readonly key: string;
  readonly round: string;
  readonly version: string;
  readonly channel: string;
  readonly unit: string | null;
  readonly kid: string;
}

export interface Payload {
  readonly answers: Readonly<Record<string, unknown>>;
  readonly language: string;
}

/** The answers are longer than their version allows (which checked answers never are). */
export class TooLong extends Error {}

/** Whether this browser can seal: WebCrypto exists on https and on http://localhost only. */
export function canSeal(): boolean {
  return typeof crypto !== "undefined" && typeof crypto.subtle === "object" && typeof indexedDB === "object";
}

/** Everything before `enc`: what HPKE authenticates as `info`. */
export function prefix(header: Header): Uint8Array {
  const { channel, key, kid, round, unit, version } = header;
  const text = new TextEncoder().encode(JSON.stringify({ channel, key, kid, round, suite: SUITE, unit, version }));
  const bytes = new Uint8Array(6 + text.length);
  bytes.set([0x53, 0x56, 0x42, 0x31, text.length >> 8, text.length & 0xff]);
  bytes.set(text, 6);
  return bytes;
}

/** The payload as exactly `paddedSize` bytes: length, JSON with sorted keys, zeros. Throws TooLong. */
export function pad(payload: Payload, paddedSize: number): Uint8Array {
  const body = new TextEncoder().encode(JSON.stringify(sorted({ answers: payload.answers, language: payload.language })));
  if (LENGTH_BYTES + body.length > paddedSize) throw new TooLong();
  const plain = new Uint8Array(paddedSize);
  new DataView(plain.buffer).setUint32(0, body.length);
  plain.set(body, LENGTH_BYTES);
  return plain;
}

/** Keys in order, so that the order in which a person answered does not travel either. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sorted(one)]));
}

/** Seals a padded plain text to a round's public key (an uncompressed P-256 point, base64url); gives the envelope. */
export async function seal(header: Header, plain: Uint8Array, publicKey: string): Promise<Uint8Array> {
  const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() });
  const recipientPublicKey = await suite.kem.deserializePublicKey(buffer(fromBase64url(publicKey)));
  const before = prefix(header);
  const { ct, enc } = await suite.seal({ recipientPublicKey, info: buffer(before) }, buffer(plain));
  const envelope = new Uint8Array(before.length + enc.byteLength + ct.byteLength);
  envelope.set(before);
  envelope.set(new Uint8Array(enc), before.length);
  envelope.set(new Uint8Array(ct), before.length + enc.byteLength);
  return envelope;
}

/** 128 random bits as 32 hex digits: the key of one answer. */
export function randomKey(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(16)));
}

/** SHA-256 of the whole envelope as 64 hex digits: what a receipt must say. */
export async function digest(envelope: Uint8Array): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", buffer(envelope))));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromBase64url(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
}

/** The bytes as a buffer of exactly their length. */
export function buffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer as ArrayBuffer;
}
