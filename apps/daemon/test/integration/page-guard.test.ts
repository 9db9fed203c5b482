import { rm, writeFile } from "node:fs/promises";
import { type IncomingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type RunningSmithd, runSmithd } from "./run-smithd.ts";

const token = "a-token-that-only-the-test-knows";
// Its pages answer while it waits for its servers.
const away = {
  SMITH_DATABASE_URL: "postgres://nobody@127.0.0.1:1/none",
  SMITH_NATS_URL: "nats://127.0.0.1:1",
};
const told = ["/metrics", "/api/overview", "/api/history", "/api/measurements", "/api/else", "/else"];

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** fetch() sends no other Host than that of the address. */
async function ask(
  url: string,
  { method = "GET", ...headers }: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, timeout: 5_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    sent.on("error", reject);
    sent.end();
  });
}

describe("smithd on the loopback", () => {
  let smithd: RunningSmithd;
  let url: string;
  beforeAll(async () => {
    smithd = runSmithd([], { ...away, SMITH_DAEMON_ALLOWED_HOSTS: "smithd.internal" });
    url = await smithd.url();
  });
  afterAll(async () => await smithd[Symbol.asyncDispose]());

  it("answers by its names alone: a page whose name was made to point to it learns nothing", async () => {
    for (const host of ["localhost:9465", "127.0.0.1", "[::1]:1", "smithd.internal"])
      expect((await ask(`${url}/api/overview`, { host })).status, host).toBe(200);
    for (const path of ["/", "/page/page.js", ...told]) {
      const { status, text } = await ask(`${url}${path}`, { host: "attacker.example:9465" });
      expect([path, status]).toEqual([path, 421]);
      expect(text).toContain("daemon.allowedHosts");
    }
    const { status, text } = await ask(`${url}/readyz`, { host: "attacker.example" });
    expect([status, JSON.parse(text)]).toEqual([503, { ready: false }]);
    expect((await ask(`${url}/healthz`, { host: "attacker.example" })).status).toBe(200);
  });

  it("has a browser load and run nothing but its own, and lets no other page read or frame it", async () => {
    for (const path of ["/", "/page/page.js", "/api/overview", "/metrics", "/else"]) {
      const { headers } = await ask(`${url}${path}`, { origin: "http://attacker.example" });
      const policy = headers["content-security-policy"];
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
      expect(policy).toContain("require-trusted-types-for 'script'");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
      expect(headers).toMatchObject({
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
      });
      expect(headers["access-control-allow-origin"]).toBeUndefined();
      expect(headers["set-cookie"]).toBeUndefined();
    }
  });

  it("only reads, and serves no file that is not of its page", async () => {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"])
      expect(await ask(`${url}/api/overview`, { method })).toMatchObject({
        status: 405,
        headers: { allow: "GET, HEAD" },
      });
    const head = await ask(`${url}/`, { method: "HEAD" });
    expect([head.status, head.text]).toEqual([200, ""]);
    for (const path of [
      "/page/../package.json",
      "/page/..%2fpackage.json",
      "/page/tsconfig.json",
      "/api/__proto__",
    ])
      expect((await ask(`${url}${path}`)).status, path).toBe(404);
    const { headers } = await ask(`${url}/page/page.js`);
    const again = await ask(`${url}/page/page.js`, { "if-none-match": headers.etag ?? "" });
    expect([again.status, again.text]).toEqual([304, ""]);
  });

  it("tells what it knows while its servers are away, and says of the rest that it is not known", async () => {
    const overview = JSON.parse((await ask(`${url}/api/overview`)).text);
    expect(overview).toMatchObject({
      level: "critical",
      headline: "smithd cannot do its work",
      postgres: { level: "unknown", word: "not reached yet", connections: null },
      jetstream: { level: "unknown", keys: null },
      queue: null,
      alerts: null,
      deadLetters: null,
      measuredBy: "nobody",
    });
    for (const name of ["alerts", "statements", "locks", "indexes"])
      expect(await ask(`${url}/api/${name}`), name).toMatchObject({
        status: 503,
        text: expect.stringContaining("has not reached its servers yet"),
      });
    expect((await ask(`${url}/api/plan?id=1%27--`)).status).toBe(400);
    const history = JSON.parse((await ask(`${url}/api/history?minutes=x&after=-1`)).text);
    expect(history.charts.length).toBeGreaterThan(10);
  });
});

describe("smithd that others reach", () => {
  it("does not start without a token, or with one from a file, and says what to do", async () => {
    await using open = runSmithd([], { ...away, SMITH_DAEMON_HOST: "0.0.0.0" });
    expect(await open.ended).toBe(2);
    expect(open.stderr).toContain('daemon.host is "0.0.0.0"');
    expect(open.stderr).toContain("hint: Set SMITH_DAEMON_TOKEN");
    const file = join(tmpdir(), `smith-${crypto.randomUUID()}.json`);
    onTestFinished(() => rm(file, { force: true }));
    await writeFile(file, JSON.stringify({ daemon: { token } }));
    await using fromFile = runSmithd(["--config", file], away);
    expect(await fromFile.ended).toBe(2);
    expect(fromFile.stderr).toContain("allowed is: from the environment");
    expect(fromFile.stderr).not.toContain(token);
    await using short = runSmithd([], { ...away, SMITH_DAEMON_TOKEN: "short" });
    expect(await short.ended).toBe(2);
    expect(short.stderr).toContain("16 characters or more");
  });

  it("tells only who gives the token more than whether it lives and is ready, its metrics too", async () => {
    await using smithd = runSmithd([], { ...away, SMITH_DAEMON_HOST: "0.0.0.0", SMITH_DAEMON_TOKEN: token });
    const url = (await smithd.url()).replace("0.0.0.0", "127.0.0.1");
    for (const authorization of ["", `Bearer ${token}x`, `Bearer ${token.slice(1)}`, `Basic ${token}`, token])
      for (const path of told) {
        const given = await ask(`${url}${path}`, { authorization });
        expect([path, given.status, given.headers["www-authenticate"]]).toEqual([path, 401, "Bearer"]);
        expect(given.text).not.toContain("smith_");
      }
    expect(JSON.parse((await ask(`${url}/readyz`)).text)).toEqual({ ready: false });
    expect((await ask(`${url}/healthz`)).status).toBe(200);
    expect((await ask(`${url}/`)).status).toBe(200);
    const authorization = `Bearer ${token}`;
    expect((await ask(`${url}/metrics`, { authorization })).text).toContain("smith_daemon_info");
    expect(JSON.parse((await ask(`${url}/readyz`, { authorization })).text)).toHaveProperty("why");
    expect((await ask(`${url}/api/overview`, { authorization })).status).toBe(200);
    // A browser that was told another name sends no token of ours; whoever has it is known by an address.
    expect((await ask(`${url}/metrics`, { authorization, host: "attacker.example" })).status).toBe(421);
    expect((await ask(`${url}/metrics`, { authorization, host: "10.1.2.3:9465" })).status).toBe(200);
    const refusals = smithd.log.filter(({ msg }) =>
      String(msg).startsWith("somebody asked without the token"),
    );
    expect(refusals).toMatchObject([{ level: "warn" }]);
    expect(JSON.stringify(smithd.log)).not.toContain(token);
  });
});
