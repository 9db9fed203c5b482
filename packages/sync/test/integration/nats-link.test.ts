import { startNats } from "@mister-smith/embedded";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectNats } from "../../src/index.ts";

let nats: Awaited<ReturnType<typeof startNats>>;

const user = "agent@home";
const password = "p:s/w#rd ü";

beforeAll(async () => {
  const accounts = {
    OPEN: { users: [{ user: "anybody", password: "x" }] },
    STATE: { jetstream: true, users: [{ user, password }] },
  };
  nats = await startNats({ settings: { accounts, no_auth_user: "anybody" } });
});
afterAll(async () => {
  await nats?.stop();
});

const withUser = (who: string) => nats.url.replace("//", `//${who}@`);
const named = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;

/** Whether it is of the account that has JetStream. */
async function hasJetStream(options: Parameters<typeof connectNats>[0]): Promise<boolean> {
  await using link = await connectNats(options);
  return await link.manager.getAccountInfo().then(
    () => true,
    () => false,
  );
}

describe("a connection to NATS", () => {
  it("is that of the user and the password in the URL, whatever characters they have", async () => {
    expect(await hasJetStream({ servers: nats.url })).toBe(false);
    expect(await hasJetStream({ servers: withUser(named) })).toBe(true);
    expect(await hasJetStream({ servers: `${withUser(named)}, ${nats.url}` })).toBe(true);
    expect(await hasJetStream({ servers: [nats.url, withUser(named)] })).toBe(true);
  });

  it("is that of who is given beside the URL, where both are", async () => {
    const connection = { user: "anybody", pass: "x" };
    expect(await hasJetStream({ servers: withUser(named), connection })).toBe(false);
  });

  it("is that of the token in the URL", async () => {
    await using guarded = await startNats({ settings: { authorization: { token: "t0ken/" } } });
    expect(await hasJetStream({ servers: guarded.url.replace("//", "//t0ken%2F@") })).toBe(true);
    await expect(connectNats({ servers: guarded.url })).rejects.toMatchObject({ name: "SyncError" });
  });

  it("is refused with a wrong password, which is told to nobody", async () => {
    const failure = await connectNats({ servers: withUser("agent%40home:s3cret") }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ name: "SyncError", hint: expect.any(String) });
    expect(String(failure)).not.toContain("s3cret");
  });

  it("is refused where two URLs name different users, as one connection has one", async () => {
    const servers = [withUser("a:1"), withUser("b:2")];
    await expect(connectNats({ servers })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining("127.0.0.1"),
    });
  });
});
