import type { EffectiveConfig } from "@mister-smith/cli/config";
import { SmithError } from "@mister-smith/errors";
import { isLoopback } from "./loopback.ts";

/**
 * Refuses to show anybody but this machine how it is without a token, and a token that lies in a file.
 *
 * @throws SmithError `CONFIG`
 */
export function refuseUnguarded({ values, entries }: EffectiveConfig): void {
  const { host, token } = values.daemon;
  const origin = entries.find(({ path }) => path === "daemon.token")?.origin;
  if (origin?.kind === "file")
    throw new SmithError("CONFIG", `daemon.token is from ${origin.file}, allowed is: from the environment`, {
      hint: "Remove it there, and set SMITH_DAEMON_TOKEN: files of configuration are read and copied by many.",
    });
  if (token !== undefined || isLoopback(host)) return;
  throw new SmithError("CONFIG", `daemon.host is "${host}", which others reach, and there is no token`, {
    hint: "Set SMITH_DAEMON_TOKEN, such as to the output of `openssl rand -hex 32`, or leave daemon.host at 127.0.0.1.",
    details: { host },
  });
}
