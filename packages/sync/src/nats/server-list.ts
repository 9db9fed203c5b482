import { SyncError } from "../errors/sync-error.ts";

/** Where NATS is, and as who to connect. */
export interface ServerList {
  /** The URLs, without who connects. */
  readonly servers: readonly string[];
  /** Who connects, as the client library takes it: a user with a password, a token, or nobody in particular. */
  readonly credentials:
    | { readonly user: string; readonly pass: string }
    | { readonly token: string }
    | Readonly<Record<string, never>>;
}

const scheme = /^[a-z]+:\/\//i;

/**
 * Takes who connects out of URLs, as `nats://user:password@host:4222` and `nats://token@host:4222` have it: the client library
 * does not look there. What has a special meaning in a URL stands as `%40`.
 *
 * @throws SyncError `INVALID_INPUT` for what is no URL, where there is none, and where two URLs name different ones
 */
export function serverList(urls: readonly string[]): ServerList {
  const given = urls.map((url) => url.trim()).filter((url) => url !== "");
  const parsed = (given.length === 0 ? [""] : given).map(parse);
  const named = parsed.filter(({ username, password }) => username !== "" || password !== "");
  const [first, ...others] = named;
  const different = others.find(
    ({ username, password }) => username !== first?.username || password !== first.password,
  );
  if (first !== undefined && different !== undefined)
    throw new SyncError(
      "INVALID_INPUT",
      `the URLs of ${first.host} and ${different.host} name different users, and a connection has one`,
      { hint: "Give the same user and password, or token, in each URL, or in one of them alone." },
    );
  return {
    servers: parsed.map(({ protocol, host }) => `${protocol}//${host}`),
    credentials: first === undefined ? {} : credentialsOf(first),
  };
}

function credentialsOf({ username, password, host }: URL): ServerList["credentials"] {
  try {
    const user = decodeURIComponent(username);
    return password === "" ? { token: user } : { user, pass: decodeURIComponent(password) };
  } catch (error) {
    throw new SyncError(
      "INVALID_INPUT",
      `the user or password in the URL of ${host} has a % that means nothing`,
      {
        hint: "Write a % as %25.",
        cause: error,
      },
    );
  }
}

function parse(url: string): URL {
  const parsed = URL.parse(scheme.test(url) ? url : `nats://${url}`);
  if (parsed !== null && parsed.host !== "") return parsed;
  const shown = url.replace(/^.*@/, "");
  throw new SyncError("INVALID_INPUT", `${JSON.stringify(shown)} is no URL of a nats-server`, {
    hint: "Give nats://host:4222, with user:password@ before the host where the server asks for it.",
  });
}
