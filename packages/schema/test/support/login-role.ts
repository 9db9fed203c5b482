import { randomUUID } from "node:crypto";
import type { MigrationLab } from "./migration-lab.ts";

/** A role that may sign in to a lab's database and has no further right. */
export interface LoginRole extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
}

/** Makes such a role; it is dropped, with all its rights, when it is disposed of. */
export async function loginRole(lab: MigrationLab): Promise<LoginRole> {
  const name = `migration_test_${randomUUID().slice(0, 8)}`;
  const password = randomUUID();
  await lab.rows(`CREATE ROLE ${name} LOGIN PASSWORD '${password}'`);
  const url = new URL(lab.url);
  url.username = name;
  url.password = password;
  return {
    name,
    url: url.href,
    [Symbol.asyncDispose]: async () => {
      await lab.rows(`DROP OWNED BY ${name}`);
      await lab.rows(`DROP ROLE ${name}`);
    },
  };
}
