/** Something that runs a query with values: a connection to a server, or a database in this process. */
export interface Database {
  query(sql: string, values: unknown[]): Promise<{ rows: unknown[] }>;
}

/** A vector of the right length that points along one axis, a little towards another. */
export function vector(axis: number, lean: number): number[] {
  return Array.from({ length: 1536 }, (_, index) => (index === axis ? 1 : index === axis + 1 ? lean : 0));
}

/** Writes one embedding, with its text, for a fact that is there. An array is taken by pgvector's type as well. */
export async function embed(
  database: Database,
  text: string,
  numbers: readonly number[] | null,
  model = "small",
  version = "1",
): Promise<void> {
  await database.query(
    `INSERT INTO knowledge.embeddings (fact_id, embedding_model, embedding_version, embedding_vector, text_content)
     SELECT fact_id, $1, $2, $3::TEXT::REAL[], $4 FROM knowledge.facts LIMIT 1`,
    [model, version, numbers === null ? null : `{${numbers.join(",")}}`, text],
  );
}

/** The texts nearest to a vector, with their distances to three digits. */
export async function nearest(
  database: Database,
  query: readonly number[],
  options: { model?: string; limit?: number; version?: string } = {},
): Promise<[string, number][]> {
  const { rows } = await database.query(
    `SELECT json_build_array(text_content, round(distance::NUMERIC, 3)) AS found
     FROM knowledge.search_embeddings($1::TEXT::REAL[], $2, $3, $4)`,
    [`{${query.join(",")}}`, options.model ?? "small", options.limit ?? 10, options.version ?? null],
  );
  return rows.map((row) => (row as { found: [string, number] }).found);
}

/** What both ways to store embeddings must find, whatever else they do. */
export const conformance: readonly (readonly [
  string,
  { query: number[]; model?: string; limit?: number; version?: string },
  [string, number][],
])[] = [
  [
    "the nearest by angle first, whatever their lengths",
    { query: vector(10, 0.2) },
    [
      ["long", 0],
      ["near", 0.003],
      ["nearly", 0.019],
      ["elsewhere", 1],
      ["opposite", 2],
    ],
  ],
  [
    "no more than asked for",
    { query: vector(10, 0.2), limit: 2 },
    [
      ["long", 0],
      ["near", 0.003],
    ],
  ],
  ["embeddings of one model only", { query: vector(10, 0.2), model: "large" }, [["of another model", 0]]],
  ["embeddings of one version only", { query: vector(10, 0.2), version: "2" }, [["nearly", 0.019]]],
  ["nothing of a model that nobody used", { query: vector(10, 0.2), model: "none" }, []],
];

/** What the conformance cases search in. */
export async function fill(database: Database): Promise<void> {
  await embed(database, "nearly", vector(10, 0), "small", "2");
  await embed(database, "elsewhere", vector(700, 0));
  await embed(database, "near", vector(10, 0.28));
  await embed(
    database,
    "long",
    vector(10, 0.2).map((number) => number * 40),
  );
  await embed(
    database,
    "opposite",
    vector(10, 0.2).map((number) => -number),
  );
  await embed(database, "not embedded yet", null);
  await embed(database, "of another model", vector(10, 0.2), "large");
}
