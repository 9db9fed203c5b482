import { ClientError, createDatabase, sql } from "@mister-smith/client";
import { z } from "zod";

const url = process.env["DATABASE_URL"] ?? "postgres://postgres@localhost/mister_smith";
await using db = await createDatabase({
  primary: { url, max: 10 },
  replica: { url: process.env["REPLICA_URL"] ?? url },
});
db.on("failover", ({ from, to }) => console.log(`writes go from ${from ?? "nowhere"} to ${to}`));

const { value, token } = await db.writeWithToken(async (tx) => {
  await tx.query(sql.type(z.object({}))`CREATE TABLE IF NOT EXISTS public.notes (body TEXT NOT NULL)`);
  const body = sql.type(z.object({ body: z.string() }));
  return await tx.oneFirst(body`INSERT INTO public.notes VALUES (${"read me"}) RETURNING body`);
});
const count = sql.type(z.object({ count: z.int() }));
const notes = await db.read
  .after(token) // whichever server answers, it has the write
  .oneFirst(count`SELECT count(*)::INTEGER AS count FROM public.notes WHERE body = ${value}`);

const slow = db.analytics.any(sql.type(z.object({}))`SELECT pg_sleep(600)`, { timeoutMs: 100 });
const error = await slow.catch((reason: unknown) => reason); // the server has stopped, too
const { healthy } = await db.health();
console.log(`${notes} found, ${error instanceof ClientError ? error.code : "no error"}, healthy: ${healthy}`);
