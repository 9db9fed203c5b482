import { Readable } from "node:stream";
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { z } from "zod";
import { BackupError } from "../errors/backup-error.ts";
import { checkedName } from "./object-name.ts";
import type { ObjectStore, PutOptions, StoreOptions } from "./object-store.ts";

/** The zod schema of how a bucket is reached. */
export const s3Options = z.strictObject({
  bucket: z.string().min(1).max(255),
  /** What every name begins with in the bucket; ends with a slash. Default: nothing. */
  prefix: z
    .string()
    .max(120)
    .regex(
      /^([A-Za-z0-9_-][A-Za-z0-9._-]*\/)*$/,
      "parts of letters, digits, dots, dashes and underscores, each with a slash",
    )
    .default(""),
  region: z.string().min(1).default("us-east-1"),
  /** Another server than Amazon's that speaks S3. Default: none. */
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
  /** Whether the bucket stands in the path and not in the host's name. Default: with an endpoint, it does. */
  pathStyle: z.boolean().optional(),
  /** Default: as the SDK finds them, in the environment, files or the machine's role. */
  credentials: z
    .strictObject({
      accessKeyId: z.string().min(1),
      secretAccessKey: z.string().min(1),
      sessionToken: z.string().optional(),
    })
    .optional(),
  /** How long a request may go without a byte in either direction, in milliseconds. Default: 30,000. */
  requestTimeoutMs: z.int().min(1).max(3_600_000).default(30_000),
  /** How often a request is made in all. Default: 5. */
  attempts: z.int().min(1).max(20).default(5),
  /** How large the parts of an upload are, in bytes; ten thousand of them are the most. Default: 16 MiB, for 160 GiB. */
  partBytes: z
    .int()
    .min(5 * 1024 ** 2)
    .max(5 * 1024 ** 3)
    .default(16 * 1024 ** 2),
});
/** How a bucket is reached; all but its name has a default. */
export type S3Options = z.input<typeof s3Options>;

/**
 * Opens a repository in a bucket, which must be there. An upload that fails is given up: its parts are removed; those of one whose process
 * died are the bucket's lifecycle rule to remove (AbortIncompleteMultipartUpload).
 *
 * @throws BackupError `INVALID_INPUT` for options that are not allowed
 */
export function openS3Store(options: S3Options): ObjectStore {
  const parsed = s3Options.safeParse(options);
  if (!parsed.success)
    throw new BackupError("INVALID_INPUT", `the options of the bucket: ${z.prettifyError(parsed.error)}`, {
      hint: "Give the name of a bucket; all else has a default.",
    });
  const { bucket, prefix, endpoint, partBytes, requestTimeoutMs: timeoutMs, attempts, ...rest } = parsed.data;
  const client = new S3Client({
    region: rest.region,
    maxAttempts: attempts,
    forcePathStyle: rest.pathStyle ?? endpoint !== undefined,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      throwOnRequestTimeout: true,
    }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(rest.credentials === undefined
      ? {}
      : { credentials: { ...rest.credentials, sessionToken: rest.credentials.sessionToken ?? "" } }),
  });
  const at = (name: string) => ({ Bucket: bucket, Key: prefix + checkedName(name) });

  return {
    async put(name, source, { signal, ifAbsent = false }: PutOptions = {}) {
      return await explained(name, async () => {
        // Servers that do not know the condition of the upload would overwrite without a word.
        if (ifAbsent && (await exists(name, signal)))
          throw new BackupError("ALREADY_EXISTS", `the repository has ${name} already`);
        let bytes = 0;
        let fault: { readonly error: unknown } | undefined;
        const counted = async function* () {
          try {
            for await (const part of source) {
              bytes += part.length;
              yield part;
            }
          } catch (error) {
            fault = { error };
            throw error;
          }
        };
        const upload = new Upload({
          client,
          params: { ...at(name), Body: Readable.from(counted()), ...(ifAbsent ? { IfNoneMatch: "*" } : {}) },
          partSize: partBytes,
          queueSize: 2,
        });
        const abort = () => void upload.abort();
        signal?.throwIfAborted();
        signal?.addEventListener("abort", abort, { once: true });
        try {
          await upload.done();
        } catch (error) {
          signal?.throwIfAborted();
          // Where the upload cannot be given up either, the SDK tells of that alone.
          throw fault === undefined ? error : fault.error;
        } finally {
          signal?.removeEventListener("abort", abort);
        }
        return bytes;
      });
    },
    get: (name, options) => read(name, options),
    async *list(wanted, { signal } = {}) {
      let token: string | undefined;
      do {
        const page = await explained(wanted, () =>
          client.send(
            new ListObjectsV2Command({
              Bucket: bucket,
              Prefix: prefix + wanted,
              ...(token === undefined ? {} : { ContinuationToken: token }),
            }),
            sending(signal),
          ),
        );
        for (const { Key, Size, LastModified } of page.Contents ?? [])
          if (Key !== undefined)
            yield { name: Key.slice(prefix.length), bytes: Size ?? 0, storedAt: LastModified ?? new Date(0) };
        token = page.NextContinuationToken;
      } while (token !== undefined);
    },
    async remove(names, { signal } = {}) {
      const keys = names.map((name) => ({ Key: at(name).Key }));
      for (let from = 0; from < keys.length; from += 1_000) {
        const some = keys.slice(from, from + 1_000);
        const { Errors: errors = [] } = await explained("objects", () =>
          client.send(
            new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: some, Quiet: true } }),
            sending(signal),
          ),
        );
        const [first] = errors;
        if (first !== undefined)
          throw new BackupError(
            "STORE_REFUSED",
            `${first.Key ?? "an object"} could not be removed: ${first.Message ?? first.Code}`,
            {
              hint: "The credentials need s3:DeleteObject on the bucket.",
            },
          );
      }
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
    },
  };

  async function* read(name: string, { signal }: StoreOptions = {}): AsyncGenerator<Uint8Array> {
    const { Body: body } = await explained(name, () =>
      client.send(new GetObjectCommand(at(name)), sending(signal)),
    );
    if (!(body instanceof Readable)) throw new TypeError("the SDK gave no stream");
    try {
      for await (const part of body) yield part as Uint8Array;
    } catch (error) {
      signal?.throwIfAborted();
      throw asBackupError(error, name);
    } finally {
      body.destroy();
    }
  }

  async function exists(name: string, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      await client.send(new HeadObjectCommand(at(name)), sending(signal));
      return true;
    } catch (error) {
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return false;
      throw error;
    }
  }
}

function sending(signal: AbortSignal | undefined) {
  return signal === undefined ? {} : { abortSignal: signal };
}

async function explained<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw asBackupError(error, name);
  }
}

function asBackupError(error: unknown, name: string): unknown {
  if (!(error instanceof Error) || error instanceof BackupError) return error;
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  if (status === 404) {
    const what = error.name === "NoSuchBucket" ? "there is no such bucket" : `the repository has no ${name}`;
    return new BackupError("NOT_FOUND", what, { cause: error });
  }
  if (status === 412 || status === 409)
    return new BackupError("ALREADY_EXISTS", `the repository has ${name} already`, { cause: error });
  if (status === 401 || status === 403 || error.name === "CredentialsProviderError")
    return new BackupError("STORE_REFUSED", `${name} may not be used: ${error.message}`, {
      cause: error,
      hint: "Check the credentials, and that they may read, write, list and delete in the bucket.",
    });
  if (status === 507)
    return new BackupError("STORE_FULL", `there is no room for ${name}`, {
      cause: error,
      hint: "Make room in the store.",
    });
  if (status !== undefined || isOfTheWay(error))
    return new BackupError("STORE_UNREACHABLE", `${name} cannot be read or written: ${error.message}`, {
      cause: error,
      retryable: true,
      hint: "Check the endpoint and the network; what was under way can be done again.",
    });
  return error;
}

/** Whether it comes from the network: codes of sockets, and the names that the SDK gives to what takes too long. */
function isOfTheWay(error: Error): boolean {
  if (error.name === "TimeoutError" || error.name === "RequestTimeout") return true;
  return "code" in error && /^(E[A-Z]+|ERR_STREAM_PREMATURE_CLOSE)$/.test(String(error.code));
}
