import type { ServerAddress } from "./database-config.ts";
import { invalidOptions } from "./parse-options.ts";

/** What a URL says. */
export interface UrlParts {
  readonly address: ServerAddress;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  readonly ssl: boolean | { readonly rejectUnauthorized: false } | undefined;
}

const sslModes: Readonly<Record<string, UrlParts["ssl"]>> = {
  disable: false,
  require: true,
  "verify-ca": true,
  "verify-full": true,
  "no-verify": { rejectUnauthorized: false },
};

/**
 * Takes a URL apart.
 *
 * @param path the option that it is, for its refusal
 * @throws ClientError `INVALID_INPUT` saying what is wrong, and nothing of what may be a password
 */
export function readUrl(url: string, path: string): UrlParts {
  const { hostname, port, username, password, pathname, search, searchParams } = new URL(url);
  const refuse = (what: string) => invalidOptions([{ path, message: `${path} ${what}` }]);
  // In a password they end the address, and what came before is taken for a host.
  if (url.includes("#"))
    throw refuse("has a # that is not written as %23; a URL of a server has no fragment");
  if (search.includes("@"))
    throw refuse("has an @ after a ? that is not written as %3F; write %40 where a parameter holds an @");
  checkParameters();
  const sslmode = searchParams.get("sslmode");
  if (sslmode !== null && !Object.hasOwn(sslModes, sslmode))
    throw refuse(`has sslmode=${sslmode}; allowed are ${Object.keys(sslModes).join(", ")}`);
  if (port !== "" && Number(port) === 0) throw refuse("has the port 0; allowed is a port from 1 to 65535");
  return {
    address: { host: hostOf(), port: port === "" ? 5432 : Number(port) },
    user: part("user", username),
    password: part("password", password),
    database: part("database", pathname.slice(1)),
    ssl: sslmode === null ? undefined : sslModes[sslmode],
  };

  function checkParameters(): void {
    for (const name of searchParams.keys()) {
      if (name !== "sslmode" && name !== "host")
        throw refuse(
          `has the parameter ${name}; allowed are sslmode and host, all else is an option of its own`,
        );
      if (searchParams.getAll(name).length > 1)
        throw refuse(`has the parameter ${name} twice; allowed is once`);
    }
  }

  function hostOf(): string {
    const given = searchParams.get("host");
    if (given === "") throw refuse("has host= without a host; name one, or leave it out");
    const host = given ?? decoded(hostname.replace(/^\[|\]$/g, ""));
    checkNul("host", host);
    if (host.includes(",") && !host.startsWith("/"))
      throw refuse("names several hosts; allowed is one, and `addresses` for several servers");
    return host === "" ? "localhost" : host;
  }

  function part(name: string, text: string): string | undefined {
    if (text === "") return undefined;
    const plain = decoded(text);
    checkNul(name, plain);
    return plain;
  }

  function decoded(text: string): string {
    try {
      return decodeURIComponent(text);
    } catch {
      throw refuse("has a percent sign that is not part of an escape such as %25");
    }
  }

  // The protocol ends a text with it: the server would get another one.
  function checkNul(name: string, text: string): void {
    if (text.includes("\0"))
      throw refuse(`has the character U+0000 in its ${name}; leave out %00, which the server cannot take`);
  }
}

/** Takes `host:port` apart. */
export function readAddress(address: string, path: string): ServerAddress {
  if (address.startsWith("/")) return { host: address, port: 5432 };
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(address) ?? [];
  const number = port === undefined ? 5432 : Number(port);
  if (number < 1 || number > 65_535)
    throw invalidOptions([
      { path, message: `${path} has the port ${number}; allowed is a port from 1 to 65535` },
    ]);
  return { host: bracketed ?? plain ?? address, port: number };
}
