import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A server that speaks S3, with one bucket. */
export interface S3Server {
  readonly endpoint: string;
  readonly bucket: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Ends it and removes what it held. Safe twice. */
  close(): Promise<void>;
}

const program = fileURLToPath(new URL("run-s3-server.mjs", import.meta.url));

/** Starts a server with an empty bucket. */
export async function startS3Server(bucket = "backups"): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), "smith-s3-"));
  const child = spawn(process.execPath, ["--openssl-legacy-provider", program, folder, bucket], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const [line] = await once(child.stdout, "data");
  return {
    endpoint: `http://127.0.0.1:${Number(String(line))}`,
    bucket,
    credentials: { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" },
    close: async () => {
      child.kill("SIGKILL");
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
