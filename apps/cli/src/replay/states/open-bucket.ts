import { ensureTopology, type NatsLink, type SyncConfig, stateBucket } from "@mister-smith/sync";

/**
 * Makes the streams and buckets where the bucket of state is missing, as smithd would; where it is there, nothing is
 * changed.
 *
 * @throws SyncError `UNSUPPORTED_SERVER`, `NATS_UNREACHABLE`, `ABORTED`; why the bucket could not be made
 */
export async function openBucket(link: NatsLink, sync: SyncConfig, signal: AbortSignal): Promise<void> {
  const options = { monitoringUrls: sync.monitoringUrls, signal };
  if ((await bucketStep(link, sync, options))?.action !== "create") return;
  const made = await bucketStep(link, sync, { ...options, apply: true });
  if (made?.error !== undefined) throw made.error;
}

async function bucketStep(...[link, sync, options]: Parameters<typeof ensureTopology>) {
  const { steps } = await ensureTopology(link, sync, options);
  return steps.find(({ kind, name }) => kind === "bucket" && name === stateBucket);
}
