// Says which server programs the project will use, and fetches what can be fetched without changing the system.
import { findNats, findPostgres } from "../../packages/embedded/dist/index.js";

let missing = 0;
for (const [name, find] of [
  ["PostgreSQL", findPostgres],
  ["nats-server", findNats],
]) {
  try {
    const found = await find({ provide: true });
    console.error(`setup: ${name} ${found.version.full} (${found.origin})`);
  } catch (error) {
    missing += 1;
    console.error(`setup: ${error.message}\n       ${error.hint ?? ""}`);
  }
}
process.exitCode = missing === 0 ? 0 : 1;
