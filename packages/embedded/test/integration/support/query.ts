import pg from "pg";

/** Runs one statement on a connection of its own and gives its rows. */
export async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, application_name: "embedded test" });
  client.on("error", () => {});
  await client.connect();
  try {
    const result = await client.query<Record<string, unknown>>(text);
    return result.rows;
  } finally {
    await client.end();
  }
}

/** Like {@link query}, for one row. */
export async function row(url: string, text: string): Promise<Record<string, unknown> | undefined> {
  return (await query(url, text))[0];
}
