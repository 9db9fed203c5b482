import { execFileSync } from "node:child_process";
import { chmod, chown, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedPostgres, startPostgres } from "@mister-smith/embedded";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ClientError } from "../../src/errors/client-error.ts";
import { recordingProxy } from "../support/recording-proxy.ts";
import { any, backend, flag, number, openPool, text, until } from "../support/server-pools.ts";

describe("a connection", () => {
  let server: EmbeddedPostgres;
  let folder: string;
  let ca: string;

  // Made anew each time: the key of a test that anybody can read is none.
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "smith-tls-"));
    server = await startPostgres({ durability: "fast", password: "first" });
    await chmod(folder, 0o755);
    ca = await certify("server", "DNS:localhost,IP:127.0.0.1");
  }, 60_000);

  /** Gives the server a new certificate for these names and returns it. */
  async function certify(name: string, names: string): Promise<string> {
    const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
    const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", `/CN=${name}`];
    execFileSync(
      "openssl",
      [...request, "-addext", `subjectAltName=${names}`, "-keyout", key, "-out", cert],
      { stdio: "ignore" },
    );
    const { uid, gid } = await stat(server.dataDir);
    for (const file of [key, cert]) await chown(file, uid, gid);
    const pool = openPool(server.url);
    // ALTER SYSTEM takes no parameters.
    for (const [setting, value] of [
      ["ssl_cert_file", cert],
      ["ssl_key_file", key],
      ["ssl", "on"],
    ])
      await pool.statements.query({ ...any`ALTER SYSTEM`, sql: `ALTER SYSTEM SET ${setting} = '${value}'` });
    await pool.statements.query(any`SELECT pg_reload_conf()`);
    await pool.close();
    return await readFile(cert, "utf8");
  }

  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("over TLS is encrypted, and is cancelled over TLS too", async () => {
    await using proxy = await recordingProxy(server.url);
    const pool = openPool(proxy.url, { ssl: { ca } });
    const secure = flag`SELECT ssl AS value FROM pg_stat_ssl WHERE pid = pg_backend_pid()`;
    expect(await pool.statements.oneFirst(secure)).toBe(true);
    const before = await pool.statements.oneFirst(backend);
    const call = pool.statements.query(any`SELECT pg_sleep(300)`, { timeoutMs: 100 });
    await expect(call).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(await pool.statements.oneFirst(backend)).toBe(before);
    // The code of a request to cancel, which the secret follows.
    expect(proxy.sent().includes(Buffer.from([0x04, 0xd2, 0x16, 0x2e]))).toBe(false);
    await pool.close();
  });

  it.each(["localhost", "127.0.0.1"])(
    "to %s over TLS is checked by the name that the options give, and so is its cancel",
    async (host) => {
      await using proxy = await recordingProxy(server.url);
      const url = new URL(proxy.url);
      url.hostname = host;
      const named = await certify("named", "DNS:db.example");
      const secure = flag`SELECT ssl AS value FROM pg_stat_ssl WHERE pid = pg_backend_pid()`;
      const pool = openPool(url.href, { ssl: { ca: named, servername: "db.example" } });
      await until(() => pool.statements.oneFirst(secure).catch(() => false));
      const before = await pool.statements.oneFirst(backend);
      const call = pool.statements.query(any`SELECT pg_sleep(300)`, { timeoutMs: 100 });
      await expect(call).rejects.toMatchObject({ code: "TIMEOUT" });
      expect(await pool.statements.oneFirst(backend)).toBe(before);
      // Servers behind one address are told apart by the name that is asked for.
      expect(proxy.sent().toString("latin1").split("db.example").length - 1).toBeGreaterThanOrEqual(2);
      await pool.close();
      ca = await certify("server", "DNS:localhost,IP:127.0.0.1");
    },
  );

  it("to a server whose certificate nobody vouches for is refused", async () => {
    const pool = openPool(server.url, { ssl: true });
    await expect(pool.statements.query(backend)).rejects.toMatchObject({ code: "DATABASE" });
    await pool.close();
  });

  it("asks for its password each time, so that it may change", async () => {
    let current = "first";
    let asked = 0;
    const url = new URL(server.url);
    url.password = "";
    const pool = openPool(url.href, {
      password: async () => {
        asked += 1;
        return current;
      },
    });
    await pool.statements.query(backend);
    await pool.statements.query(any`ALTER ROLE CURRENT_USER PASSWORD 'second'`);
    current = "second";
    pool.interrupt(new ClientError("CLOSED", "broken by the test"));
    await pool.statements.query(backend);
    expect(asked).toBe(2);
    current = "wrong";
    pool.interrupt(new ClientError("CLOSED", "broken by the test"));
    await expect(pool.statements.query(backend)).rejects.toMatchObject({ errorClass: "permission" });
    current = "second";
    await pool.statements.query(any`ALTER ROLE CURRENT_USER PASSWORD 'first'`);
    await pool.close();
  });

  it("is closed before anybody gets it when the hook for new ones refuses it", async () => {
    const reason = new ClientError("NO_PRIMARY", "it does not take writes");
    let refuses = true;
    const pool = openPool(server.url, {
      onConnect: async (connection) => {
        expect(await connection.oneFirst(number`SELECT 1 AS value`)).toBe(1);
        if (refuses) throw reason;
      },
    });
    await expect(pool.statements.query(any`CREATE TABLE refused (id INT)`)).rejects.toBe(reason);
    expect(pool.counts()).toEqual({ active: 0, idle: 0, waiting: 0, max: 1 });
    refuses = false;
    const made = flag`SELECT to_regclass('refused') IS NOT NULL AS value`;
    expect(await pool.statements.oneFirst(made)).toBe(false);
    await pool.close();
  });

  it("without limits of time has none, also where the server's own configuration sets them", async () => {
    const admin = openPool(server.url);
    const names = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"];
    const set = async (value: string) => {
      for (const name of names)
        await admin.statements.query({ ...any`ALTER SYSTEM`, sql: `ALTER SYSTEM SET ${name} = ${value}` });
      await admin.statements.query(any`SELECT pg_reload_conf()`);
    };
    await set("'1500ms'");
    const pool = openPool(server.url, {
      statementTimeoutMs: 0,
      lockTimeoutMs: 0,
      idleInTransactionTimeoutMs: 0,
    });
    for (const name of names)
      expect(await pool.statements.oneFirst(text`SELECT current_setting(${name}) AS value`)).toBe("0");
    await pool.close();
    await set("DEFAULT");
    await admin.close();
  });

  it("to where no server is says so, and may be tried again", async () => {
    const url = new URL(server.url);
    url.port = "1";
    const pool = openPool(url.href);
    await expect(pool.statements.query(backend)).rejects.toMatchObject({
      errorClass: "connection",
      retryable: true,
      message: expect.stringContaining("connect to 127.0.0.1:1"),
    });
    await pool.close();
  });
});
