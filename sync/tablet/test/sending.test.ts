import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { digest } from "../src/seal";
import { deliver } from "../src/sending";

type Reply = (response: ServerResponse, raw: Uint8Array) => void | Promise<void>;

const sealed = { key: "ab".repeat(16), envelope: new Uint8Array([83, 86, 66, 49, 1, 2, 3]) };
let server: Server;
let url = "";
let replies: Reply[] = [];
let received: { raw: Uint8Array; request: IncomingMessage }[] = [];

function json(status: number, body: unknown, type = "application/json", headers: Record<string, string> = {}): Reply {
  return (response) => void response.writeHead(status, { "Content-Type": type, ...headers }).end(JSON.stringify(body));
}

const problem = (status: number, code: string, headers = {}): Reply => json(status, { code }, "application/problem+json", headers);
const receipt: Reply = async (response, raw) => json(201, { key: sealed.key, digest: await digest(raw) })(response, raw);

beforeEach(async () => {
  received = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const raw = new Uint8Array(Buffer.concat(chunks));
      received.push({ raw, request });
      void (replies.shift() ?? receipt)(response, raw);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/submissions`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function run(...planned: Reply[]): Promise<{ result: unknown; pauses: number[] }> {
  replies = planned;
  const pauses: number[] = [];
  const result = await deliver(url, sealed, {
    fetch,
    again: () => undefined,
    pause: async (seconds) => void pauses.push(seconds),
  });
  return { result, pauses };
}

describe("sending", () => {
  it("is done at a receipt for these bytes", async () => {
    const { result, pauses } = await run();
    expect([result, pauses]).toStrictEqual([{ state: "received" }, []]);
    expect(received[0]!.raw).toStrictEqual(sealed.envelope);
    expect(received[0]!.request.headers["content-type"]).toBe("application/octet-stream");
    expect(received[0]!.request.headers.cookie).toBeUndefined();
  });

  it.each<[string, Reply]>([
    ["a login page", (response) => void response.writeHead(200, { "Content-Type": "text/html" }).end("<html>")],
    ["a login page that says 201", (response) => void response.writeHead(201, { "Content-Type": "text/html" }).end("<html>")],
    ["a receipt for other bytes", json(201, { key: sealed.key, digest: "0".repeat(64) })],
    ["a receipt for another key", async (response, raw) => json(201, { key: "0".repeat(32), digest: await digest(raw) })(response, raw)],
    ["a right receipt without 201", async (response, raw) => json(200, { key: sealed.key, digest: await digest(raw) })(response, raw)],
    ["JSON cut short", (response) => void response.writeHead(201, { "Content-Type": "application/json" }).end('{"key":')],
    ["a 404 of something in between", (response) => void response.writeHead(404, { "Content-Type": "text/html" }).end("no")],
    ["a redirect", (response) => void response.writeHead(302, { Location: "/login" }).end()],
    ["a connection that breaks", (response) => void response.destroy()],
    ["a busy server", problem(503, "busy")],
  ])("tries again after %s, with the same bytes", async (_, reply) => {
    const { result, pauses } = await run(reply);
    expect([result, pauses]).toStrictEqual([{ state: "received" }, [1]]);
    expect(received.map((one) => Buffer.from(one.raw).toString("hex"))).toStrictEqual(Array(2).fill(Buffer.from(sealed.envelope).toString("hex")));
  });

  it("waits longer each time, up to a minute, or as long as the server asks", async () => {
    const { pauses } = await run(...Array<Reply>(8).fill(problem(503, "busy")), problem(429, "slow-down", { "Retry-After": "90" }));
    expect(pauses).toStrictEqual([1, 2, 4, 8, 16, 32, 60, 60, 90]);
  });

  it.each<[number, string]>([[404, "no-such-round"], [409, "key-conflict"], [400, "bad-envelope"], [409, "round-not-open"], [429, "round-full"]])(
    "stops at %i %s",
    async (status, code) => {
      expect((await run(problem(status, code))).result).toStrictEqual({ state: "refused", code });
      expect(received.length).toBe(1);
    },
  );
});
