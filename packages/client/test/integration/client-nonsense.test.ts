import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { ClientError } from "../../src/index.ts";
import { useClientDatabase } from "../support/client-database.ts";

/** What a caller without types may give. */
const nonsense: readonly unknown[] = [
  undefined,
  null,
  -1,
  Number.NaN,
  "x",
  "\0",
  {},
  [],
  [null],
  [{}],
  Object.create(null),
  [Object.create(null)],
  Symbol("s"),
  () => 1,
  new Date(Number.NaN),
];

const [cluster] = clusters();
if (cluster === undefined) throw new Error("no PostgreSQL");

describe("nonsense in place of what is asked for", () => {
  const database = useClientDatabase(cluster);

  it.each(["agents", "state", "checkpoints", "messages", "sessions", "knowledge", "tasks"] as const)(
    "is refused as such by every method of %s, or does no harm",
    async (name) => {
      const repository: object = database().db[name];
      const others: string[] = [];
      for (const [method, call] of methodsOf(repository)) {
        for (const [at, first] of nonsense.entries()) {
          for (const second of [undefined, null, {}]) {
            const error = await failureOf(() => call.call(repository, first, second));
            if (error !== undefined && !(error instanceof ClientError))
              others.push(`${method} with nonsense ${at}: ${String(error)}`);
          }
        }
      }
      expect(others).toEqual([]);
    },
  );

  it.each([
    ["text", "SELECT 1"],
    ["null", null],
    ["an object", {}],
  ])("is refused where %s stands for a statement", async (_, given) => {
    const { write } = database().db;
    const statement = given as unknown as Parameters<typeof write.any>[0];
    const refusal = { code: "INVALID_INPUT", hint: expect.stringContaining("sql.type") };
    await expect(write.any(statement)).rejects.toMatchObject(refusal);
    await expect(write.stream(statement)[Symbol.asyncIterator]().next()).rejects.toMatchObject(refusal);
    await expect(database().db.transaction((tx) => tx.any(statement))).rejects.toMatchObject(refusal);
  });
});

type Method = (...input: readonly unknown[]) => unknown;

// awaitReply waits for as long as it is told.
function methodsOf(repository: object): [string, Method][] {
  return Object.entries(repository).filter(
    (entry): entry is [string, Method] => typeof entry[1] === "function" && entry[0] !== "awaitReply",
  );
}

async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    const result = call();
    if (isStream(result)) await result[Symbol.asyncIterator]().next();
    else await result;
    return undefined;
  } catch (error) {
    return error;
  }
}

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
