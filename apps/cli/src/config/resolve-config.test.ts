import { describe, expect, it } from "vitest";
import { type ConfigInputs, resolveConfig } from "./resolve-config.ts";

const resolve = ({ file, env = {}, flags = {} }: Partial<ConfigInputs>) =>
  resolveConfig({ file, env, flags });
const fileWith = (content: unknown) => ({ file: "/x/smith.config.json", content });
const entry = (config: ReturnType<typeof resolve>, path: string) =>
  config.entries.find((one) => one.path === path);

describe("resolving the configuration", () => {
  it("fills in defaults and says so", () => {
    const config = resolve({});
    expect(config.values.embedded.folder).toBe(".smith");
    expect(entry(config, "embedded.folder")).toEqual({
      path: "embedded.folder",
      value: ".smith",
      origin: { kind: "default" },
    });
  });

  it("lets flags override the environment, and the environment the file", () => {
    const file = fileWith({ database: { url: "postgres://file/x", connectTimeoutMs: 100 } });
    const env = { SMITH_DATABASE_URL: "postgres://env/x", SMITH_DATABASE_CONNECT_TIMEOUT_MS: "200" };
    const flags = { databaseUrl: "postgres://flag/x" };
    expect(resolve({ file }).values.database).toMatchObject({
      url: "postgres://file/x",
      connectTimeoutMs: 100,
    });
    expect(resolve({ file, env }).values.database).toMatchObject({
      url: "postgres://env/x",
      connectTimeoutMs: 200,
    });
    const config = resolve({ file, env, flags });
    expect(config.values.database.url).toBe("postgres://flag/x");
    expect(entry(config, "database.url")?.origin).toEqual({ kind: "flag", flag: "--database-url" });
  });

  it("prefers SMITH_DATABASE_URL to DATABASE_URL, and takes an empty one for not given", () => {
    const DATABASE_URL = "postgres://plain/x";
    expect(resolve({ env: { DATABASE_URL } }).values.database.url).toBe(DATABASE_URL);
    expect(resolve({ env: { DATABASE_URL, SMITH_DATABASE_URL: "" } }).values.database.url).toBe(DATABASE_URL);
    expect(
      resolve({ env: { DATABASE_URL, SMITH_DATABASE_URL: "postgres://smith/x" } }).values.database.url,
    ).toBe("postgres://smith/x");
  });

  it("takes the servers of the other pools, lists in variables apart by commas", () => {
    const file = fileWith({
      database: { replica: { addresses: ["a:1", "b"], user: "reader" }, replicaLag: { maxLagMs: 5 } },
    });
    const { replica, replicaLag, analytics } = resolve({ file }).values.database;
    expect(replica).toEqual({ addresses: ["a:1", "b"], user: "reader" });
    expect(replicaLag).toEqual({ maxLagMs: 5, maxLagBytes: 67_108_864 });
    expect(analytics).toBeUndefined();
    const env = {
      SMITH_DATABASE_REPLICA_ADDRESSES: "c:3, /run/postgresql",
      SMITH_DATABASE_ANALYTICS_SSL: "true",
      SMITH_DATABASE_REPLICA_LAG_MAX_LAG_BYTES: "7",
    };
    const config = resolve({ file, env });
    expect(config.values.database).toMatchObject({
      replica: { addresses: ["c:3", "/run/postgresql"], user: "reader" },
      analytics: { ssl: true },
      replicaLag: { maxLagMs: 5, maxLagBytes: 7 },
    });
    expect(entry(config, "database.replica.addresses")?.origin).toEqual({
      kind: "environment",
      variable: "SMITH_DATABASE_REPLICA_ADDRESSES",
    });
    expect(entry(config, "database.replica.user")?.origin).toMatchObject({ kind: "file" });
  });

  it("shows no secret of a bad value, wherever it stands", () => {
    const file = fileWith({ database: { replica: { password: 4711, ssl: { key: 4711, cart: "x" } } } });
    const refusal = expect.objectContaining({ code: "CONFIG", message: expect.not.stringContaining("4711") });
    expect(() => resolve({ file })).toThrow(refusal);
    expect(() => resolve({ file })).toThrow(/database\.replica\.password is "\*\*\*"/);
  });

  it("names every bad value with its path, what was given and where, and what is allowed", () => {
    const file = fileWith({ embedded: { postgresPort: "5432x" }, migrations: { table: 7 } });
    const env = { SMITH_NATS_CONNECT_TIMEOUT_MS: "soon", DATABASE_URL: "mysql://a:s3cret@h/x" };
    expect(() => resolve({ file, env })).toThrow(
      expect.objectContaining({
        code: "CONFIG",
        details: {
          problems: [
            'database.url is "mysql://a:***@h/x" (from DATABASE_URL), allowed is: a URL such as postgres://user@host:5432/database',
            'nats.connectTimeoutMs is "soon" (from SMITH_NATS_CONNECT_TIMEOUT_MS), allowed is: a whole number from 100 to 600000',
            'embedded.postgresPort is "5432x" (from /x/smith.config.json), allowed is: a whole number from 1 to 65535',
            "migrations.table is 7 (from /x/smith.config.json), allowed is: a table name such as schema_migrations or app.migrations",
          ],
        },
      }),
    );
  });

  it("refuses a value that does not go with another one, by its path", () => {
    expect(() => resolve({ env: { SMITH_SYNC_RELAY_MIN_POLL_MS: "500" } })).toThrow(
      "sync.relay.minPollMs is 500 (from SMITH_SYNC_RELAY_MIN_POLL_MS), allowed is: not above sync.relay.maxPollMs",
    );
  });

  it("refuses a bad value of the file even where the environment overrides it", () => {
    const file = fileWith({ database: { connectTimeoutMs: -1 } });
    expect(() => resolve({ file, env: { SMITH_DATABASE_CONNECT_TIMEOUT_MS: "200" } })).toThrow(
      /connectTimeoutMs is -1/,
    );
  });

  it.each([
    [{ databse: {} }, /databse is no setting .*allowed are: database, nats/],
    [{ database: { uri: "x" } }, /database\.uri is no setting .*allowed are: url/],
    [
      { database: { replica: { adresses: [] } } },
      /database\.replica\.adresses is no setting .*allowed are: url, addresses/,
    ],
    [
      { database: { replica: "db:5432" } },
      /database\.replica is the string "db:5432" .*allowed is an object/,
    ],
    [{ database: "postgres://x" }, /database is the string "postgres:\/\/x" .*allowed is an object/],
    [[], /holds a list/],
    [undefined, /holds nothing/],
  ])("refuses the file %j", (content, message) => {
    expect(() => resolve({ file: fileWith(content) })).toThrow(message);
  });
});
