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
 */
export function readUrl(url: string, path: string): UrlParts {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const refuse = (what: string) => invalidOptions([{ path, message: `${path} ${what}` }]);
  for (const name of searchParams.keys())
    if (name !== "sslmode" && name !== "host")
      throw refuse(
        `has the parameter ${name}; allowed are sslmode and host, all else is an option of its own`,
      );
  const sslmode = searchParams.get("sslmode");
  if (sslmode !== null && !Object.hasOwn(sslModes, sslmode))
    throw refuse(`has sslmode=${sslmode}; allowed are ${Object.keys(sslModes).join(", ")}`);
  const host = searchParams.get("host") ?? decoded(hostname.replace(/^\[|\]$/g, ""));
  return {
    address: { host: host === "" ? "localhost" : host, port: port === "" ? 5432 : Number(port) },
    user: part(username),
    password: part(password),
    database: part(pathname.slice(1)),
    ssl: sslmode === null ? undefined : sslModes[sslmode],
  };

  function decoded(text: string): string {
    try {
      return decodeURIComponent(text);
    } catch {
      throw refuse("has a percent sign that is not part of an escape such as %25");
    }
  }

  function part(text: string): string | undefined {
    return text === "" ? undefined : decoded(text);
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
