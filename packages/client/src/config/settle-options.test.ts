import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { productionPools } from "./production-pools.ts";
import { settleOptions } from "./settle-options.ts";

const url = "postgres://app:p%40ss@db.internal:6432/smith";
const settle = (input: unknown, env: NodeJS.ProcessEnv = {}) => settleOptions(input, env);

describe("the options of a database", () => {
  it("are those of production where nothing else is said", () => {
    const { pools, retry } = settle({
      primary: { url },
      replica: { url },
      background: { url },
      analytics: { url },
    });
    for (const name of ["primary", "replica", "background", "analytics"] as const)
      expect(pools[name]?.limits).toEqual(productionPools[name]);
    expect(productionPools.primary).toMatchObject({ max: 20, min: 5, acquireTimeoutMs: 30_000 });
    expect(retry).toEqual({ retries: 3, initialDelayMs: 100, maxDelayMs: 10_000, base: 2 });
    expect(pools.primary).toMatchObject({
      addresses: [{ host: "db.internal", port: 6432 }],
      user: "app",
      password: "p@ss",
      database: "smith",
      ssl: false,
      applicationName: "smith/primary",
    });
  });

  it("let a pool without servers use those of another, and keep none open that nobody asked for", () => {
    const { pools } = settle({ primary: { url }, replica: { addresses: ["a", "[::1]:7", "/run/pg"] } });
    expect(pools.replica?.addresses).toEqual([
      { host: "a", port: 5432 },
      { host: "::1", port: 7 },
      { host: "/run/pg", port: 5432 },
    ]);
    expect(pools.analytics).toMatchObject({
      addresses: pools.replica?.addresses,
      limits: { min: 0, max: 10 },
    });
    expect(pools.background).toMatchObject({ addresses: pools.primary.addresses, password: "p@ss" });
    expect(settle({ primary: { url } }).pools).toMatchObject({
      replica: undefined,
      analytics: { user: "app" },
    });
  });

  it("take passwords from the environment, and give nobody else's to another role", () => {
    const bare = "postgres://app@db.internal/smith";
    const env = { PRIMARY_DB_PASSWORD: "one", REPLICA_DB_PASSWORD: "two" };
    const { pools } = settle(
      { primary: { url: bare }, replica: { url: bare }, analytics: { user: "reporter" } },
      env,
    );
    expect(pools.primary.password).toBe("one");
    expect(pools.replica?.password).toBe("two");
    expect(pools.background.password).toBe("one");
    expect(pools.analytics.password).toBeUndefined();
  });

  it("let a call take as long as waiting and its statement together", () => {
    const { pools } = settle({ primary: { url, acquireTimeoutMs: 10, statementTimeoutMs: 5 } });
    expect(pools.primary.limits.callTimeoutMs).toBe(15);
    expect(settle({ primary: { url, statementTimeoutMs: 0 } }).pools.primary.limits.callTimeoutMs).toBe(0);
  });

  it.each([
    [{}, "primary", "an object of options"],
    [{ primary: { url, max: 0 } }, "primary.max", "is 0; allowed is a whole number from 1 to 10000"],
    [{ primary: { url, maks: 1 } }, "primary.maks", "there are url, addresses"],
    [{ primary: { url }, pool: 1 }, "pool", "there are primary, replica"],
    [{ primary: { url, ssl: { host: "x" } } }, "primary.ssl.host", "there are ca, cert"],
    [{ primary: { url, min: 30 } }, "primary.min", "at most primary.max, which is 20"],
    [{ primary: { url: `${url}?target=x` } }, "primary.url", "allowed are sslmode and host"],
    [{ primary: { url: `${url}?sslmode=prefer` } }, "primary.url", "allowed are disable, require"],
    [
      { primary: { url: "postgres://app:SECRET%00@h/d" } },
      "primary.url",
      "the character U+0000 in its password",
    ],
    [{ primary: { url: "postgres://a%00pp@h/d" } }, "primary.url", "the character U+0000 in its user"],
    [{ primary: { url: "postgres://app@h/d%00" } }, "primary.url", "the character U+0000 in its database"],
    [{ primary: { url: "postgres://app@h/d?host=%00" } }, "primary.url", "the character U+0000 in its host"],
    [
      { primary: { url: "postgres://app@h:0/d" } },
      "primary.url",
      "port 0; allowed is a port from 1 to 65535",
    ],
    [
      { primary: { url: `${url}?host=` } },
      "primary.url",
      "has host= without a host; name one, or leave it out",
    ],
    [{ primary: { url: `${url}?host=a&host=b` } }, "primary.url", "has the parameter host twice"],
    [
      { primary: { url: "postgres://app@a,b/d" } },
      "primary.url",
      "several hosts; allowed is one, and `addresses`",
    ],
    [
      { primary: { url: `${url}?host=a,b` } },
      "primary.url",
      "several hosts; allowed is one, and `addresses`",
    ],
    // Its host is app, and its port 12.
    [{ primary: { url: "postgres://app:12#SECRET@h/d" } }, "primary.url", "a # that is not written as %23"],
    [{ primary: { url: `${url}#` } }, "primary.url", "a # that is not written as %23"],
    [{ primary: { url: "postgres://app:12?SECRET@h/d" } }, "primary.url", "a ? that is not written as %3F"],
    [{ primary: { url, password: "SECRET\0" } }, "primary.password", "text without the character U+0000"],
    [{ primary: { url, applicationName: "a\0" } }, "primary.applicationName", "1 to 63 printable ASCII"],
    [
      { primary: { url, applicationName: "a".repeat(64) } },
      "primary.applicationName",
      "1 to 63 printable ASCII",
    ],
    [{ primary: { url, applicationName: "ä" } }, "primary.applicationName", "1 to 63 printable ASCII"],
    [{ primary: { url, applicationName: "" } }, "primary.applicationName", "1 to 63 printable ASCII"],
    [{ primary: { url }, applicationNamePrefix: "a\0" }, "applicationNamePrefix", "1 to 40 printable ASCII"],
    [
      { primary: { addresses: ["a,b"], user: "x" } },
      "primary.addresses.0",
      "a server such as db.internal:5432",
    ],
    [
      { primary: { addresses: ["a\0"], user: "x" } },
      "primary.addresses.0",
      "a server such as db.internal:5432",
    ],
    [
      { primary: { url, transactionPooling: "no" } },
      "primary.transactionPooling",
      "allowed is true or false",
    ],
    [
      { primary: { url, ssl: { servername: "" } } },
      "primary.ssl.servername",
      "the name in the server's certificate",
    ],
    [{ primary: { user: "x" } }, "primary.url", "at least one of them"],
    [{ primary: { addresses: ["a:99999"], user: "x" } }, "primary.addresses.0", "a port from 1 to 65535"],
    [{ primary: { url: "postgres://db.internal/smith" } }, "primary.user", "the name of a role"],
    [{ primary: { url }, replica: {} }, "replica.addresses", "at least one of them"],
    [{ primary: { url }, retry: { base: 0 } }, "retry.base", "a number from 1 to 10"],
  ])("are refused with path, value and what is allowed: %j", (input, path, allowed) => {
    expect(() => settle(input)).not.toThrowError(/SECRET/);
    expect(() => settle(input)).toThrowError(
      expect.objectContaining({
        code: "INVALID_INPUT",
        message: expect.stringContaining(allowed),
        details: { issues: expect.arrayContaining([expect.objectContaining({ path })]) },
      }),
    );
  });

  it("are refused without telling a secret", () => {
    expect(() => settle({ primary: { url: "http://app:secret@x/y" } })).not.toThrowError(/secret/);
    expect(() => settle({ primary: { url: `${url}?sslmode=x` } })).not.toThrowError(/p%40ss|p@ss/);
    expect(() => settle({ primary: { url, password: 5 } })).toThrowError(
      /primary.password is not shown here/,
    );
  });

  const holder: Record<string, unknown> = {};
  holder["itself"] = holder;
  it.each([
    ["postgres://u:SECRET@h/db", "the options is text of 24 characters"],
    [{ primary: "postgres://u:SECRET@h/db" }, "primary is text of 24 characters"],
    [{ primary: { addresses: ["postgres://u:SECRET@h/db"] } }, "addresses.0 is text of 24 characters"],
    [{ primary: { addresses: ["SECRET@h:99999"], user: "u" } }, "addresses.0 has the port 99999"],
    [{ primary: { url, ssl: { key: "SECRET", rejectUnauthorized: "no" } } }, "primary.ssl is an object"],
    [{ primary: { url, max: ["SECRET"] } }, "primary.max is a list of 1"],
    [{ primary: { url, max: { a: 1n } } }, "primary.max is an object"],
    [{ primary: { url, max: 1n } }, "primary.max is 1n"],
    [{ primary: { url, max: Number.NaN } }, "primary.max is NaN"],
    [{ primary: { url, max: holder } }, "primary.max is an object"],
  ])("are refused without showing text or objects: case %#", (input, shown) => {
    let refusal: unknown;
    try {
      settle(input);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({ code: "INVALID_INPUT", message: expect.stringContaining(shown) });
    expect(JSON.stringify(refusal) + inspect(refusal, { depth: 10 })).not.toContain("SECRET");
  });
});
