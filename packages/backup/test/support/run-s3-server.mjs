// The S3 server of the tests, in a process of its own: it signs the places in its lists by a cipher that OpenSSL 3 has
// only with --openssl-legacy-provider. Prints its port, and ends when its stdin does.
import S3rver from "s3rver";

const [directory, bucket] = process.argv.slice(2);
const server = new S3rver({
  port: 0,
  silent: true,
  directory,
  configureBuckets: [{ name: bucket, configs: [] }],
});
const { port } = await server.run();
process.stdout.write(`${port}\n`);
process.stdin.resume().on("end", () => process.exit());
