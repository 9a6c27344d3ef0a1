import { Aes128Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from "@hpke/core";
import { describe, expect, it } from "vitest";

import { buffer, digest, type Header, pad, prefix, randomKey, seal, TooLong } from "../src/seal";
import { vectors } from "./vectors";

interface Case {
  name: string;
  header: Header;
  answers: Record<string, unknown>;
  language: string;
  padded_size: number;
  plain: string;
  envelope: string;
  digest: string;
}

const file = vectors<{ private_key_jwk: JsonWebKey; public_key: string; cases: Case[] }>("envelope");
const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));

async function open(envelope: Uint8Array): Promise<Uint8Array> {
  const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() });
  const recipientKey = await crypto.subtle.importKey("jwk", file.private_key_jwk, { name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  const end = 6 + new DataView(buffer(envelope)).getUint16(4);
  const [info, enc, ciphertext] = [envelope.slice(0, end), envelope.slice(end, end + 65), envelope.slice(end + 65)].map(buffer);
  return new Uint8Array(await suite.open({ recipientKey, enc: enc!, info: info! }, ciphertext!));
}

describe("a sealed answer, as tests/vectors/envelope.json has it", () => {
  it.each(file.cases)("$name", async (one) => {
    const raw = bytes(one.envelope);
    const padded = pad({ answers: one.answers, language: one.language }, one.padded_size);
    expect(padded.length).toBe(one.padded_size);
    expect(Buffer.from(padded.slice(0, bytes(one.plain).length)).toString("base64")).toBe(one.plain);
    expect(padded.slice(bytes(one.plain).length).every((byte) => byte === 0)).toBe(true);
    const before = prefix(one.header);
    expect(raw.slice(0, before.length)).toStrictEqual(before);
    expect(await digest(raw)).toBe(one.digest);
    expect(await open(raw)).toStrictEqual(padded);

    const own = await seal(one.header, padded, file.public_key);
    expect(own.length).toBe(raw.length);
    expect(own).not.toStrictEqual(raw);
    expect(await open(own)).toStrictEqual(padded);
  });

  it("cannot be opened when its header was changed on the way", async () => {
    const one = file.cases[0]!;
    const raw = await seal(one.header, pad(one, one.padded_size), file.public_key);
    raw[20]! ^= 1;
    await expect(open(raw)).rejects.toThrow();
  });

  it("does not fit when it is too long", () => {
    expect(() => pad({ answers: { text: "ø".repeat(2040) }, language: "da" }, 4096)).toThrow(TooLong);
  });

  it("has a random key of 128 bits", () => {
    const keys = new Set(Array.from({ length: 100 }, randomKey));
    expect(keys.size).toBe(100);
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/);
  });
});
