import type { ConnectionOptions } from "node:tls";
import { z } from "zod";

const aPassword = "text without the character U+0000, or a function that returns it";
const passwordText = z.string(aPassword).regex(/^[^\0]*$/, aPassword);

const text = (allowed: string) =>
  z
    .string(allowed)
    .min(1, allowed)
    .regex(/^[^\0]*$/, allowed);

/** A function that gives the password of each new connection, for those that change. */
export type PasswordSource = () => string | Promise<string>;

const tlsFile = () =>
  z.union([z.string(), z.instanceof(Buffer)], "the text of a PEM file, or its bytes").optional();

/** TLS as Node.js takes it, as far as a connection to PostgreSQL needs it. */
const tlsOptions = z.strictObject({
  ca: z
    .union([z.string(), z.instanceof(Buffer), z.array(z.union([z.string(), z.instanceof(Buffer)]))])
    .optional()
    .describe(
      "The certificates of the authorities that may have signed the server's. Default: the system's.",
    ),
  cert: tlsFile().describe("The client's certificate. Default: none."),
  key: tlsFile().meta({ secret: true }).describe("The client's key. Default: none."),
  passphrase: z
    .string()
    .optional()
    .meta({ secret: true })
    .describe("The passphrase of the key. Default: none."),
  servername: text("the name in the server's certificate")
    .optional()
    .describe("The name in the server's certificate, which the server is also asked for. Default: the host."),
  rejectUnauthorized: z
    .boolean()
    .optional()
    .describe("Whether a server whose certificate cannot be checked is refused. Default: true."),
  checkServerIdentity: z
    .custom<NonNullable<ConnectionOptions["checkServerIdentity"]>>(isFunction, "a function")
    .optional()
    .describe("Checks the name in the certificate. Default: that of Node.js."),
});

const anAddress =
  "a server such as db.internal:5432, [::1]:5432 or the folder of a socket such as /run/postgresql";

/** Where the servers of a pool are, and who connects. */
export const serverOptions = {
  url: z
    .url({ protocol: /^postgres(ql)?$/, error: "a URL such as postgres://user@host:5432/database" })
    .optional()
    .meta({ secret: true })
    .describe("The server, with user and database, and the password where it is not given otherwise."),
  addresses: z
    .array(
      z
        .string(anAddress)
        .regex(/^(\/[^\0]*|\[[0-9a-fA-F:.%]+\](:\d{1,5})?|[^\s:/[\],\0]+(:\d{1,5})?)$/, anAddress),
      "a list of servers",
    )
    .min(1, "at least one server")
    .optional()
    .describe("Several servers, in place of the one in the URL; the port is 5432 when it is left out."),
  database: text("the name of a database")
    .optional()
    .describe("Default: that of the URL, else of the primary."),
  user: text("the name of a role").optional().describe("Default: that of the URL, else of the primary."),
  password: z
    .union([passwordText, z.custom<PasswordSource>(isFunction)], aPassword)
    .optional()
    .meta({ secret: true })
    .describe(
      "The password, or a function that is asked for it for each new connection. Default: that of the URL, else the pool's variable of the environment.",
    ),
  ssl: z
    .union([z.boolean(), tlsOptions], "true, false, or an object of TLS options")
    .optional()
    .describe(
      "TLS; true checks the certificate by the system's authorities. Default: the URL's `sslmode`, else false.",
    ),
};

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}
