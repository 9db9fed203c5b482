/** Tables that take only rows that were thought about: what the generator of rows must cope with. */
export const hardToFill: Readonly<Record<string, string>> = {
  "00001_hard.up.sql": `
    CREATE SCHEMA h;
    CREATE TYPE h.state AS ENUM ('open', 'closed');
    CREATE DOMAIN h.code AS varchar(12) CHECK (VALUE ~ '^[A-Z]{2}-[0-9]{4}$');
    CREATE FUNCTION h.has_what_it_needs(metadata jsonb) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $f$
      BEGIN
        RETURN metadata ? 'created_at' AND metadata ? 'version'
          AND (metadata ->> 'created_at') ~ '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}';
      END $f$;
    CREATE TABLE h.owners (
      region char(2) NOT NULL CHECK (region IN ('eu', 'us')),
      code h.code NOT NULL,
      metadata jsonb NOT NULL CHECK (h.has_what_it_needs(metadata)),
      PRIMARY KEY (region, code)
    );
    CREATE TABLE h.cases (
      id uuid NOT NULL,
      kind text NOT NULL CHECK (kind IN ('a', 'b')),
      owner_region char(2) NOT NULL,
      owner_code h.code NOT NULL,
      state h.state NOT NULL,
      closed_at timestamptz,
      score numeric(3, 2) NOT NULL CHECK (score BETWEEN 0.5 AND 0.75),
      parent uuid,
      parent_kind text,
      PRIMARY KEY (id, kind),
      FOREIGN KEY (owner_region, owner_code) REFERENCES h.owners,
      FOREIGN KEY (parent, parent_kind) REFERENCES h.cases,
      CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
      CHECK (parent <> id)
    ) PARTITION BY LIST (kind);
    CREATE TABLE h.cases_a PARTITION OF h.cases FOR VALUES IN ('a');
    CREATE TABLE h.cases_b PARTITION OF h.cases FOR VALUES IN ('b');
    CREATE TABLE h.events (at timestamptz NOT NULL, digest bytea CHECK (octet_length(digest) = 32))
      PARTITION BY RANGE (at);
    CREATE TABLE h.events_1 PARTITION OF h.events FOR VALUES FROM ('1999-01-01') TO ('2000-01-01');
    CREATE TABLE h.closed (id bigint CHECK (id < 0 AND id > 0) NOT NULL);`,
  "00001_hard.down.sql": `
    DROP TABLE h.closed; DROP TABLE h.events; DROP TABLE h.cases; DROP TABLE h.owners;
    DROP FUNCTION h.has_what_it_needs(jsonb); DROP DOMAIN h.code; DROP TYPE h.state; DROP SCHEMA h;`,
  "00002_index.up.sql": "CREATE INDEX CONCURRENTLY owners_metadata ON h.owners USING gin (metadata);",
  "00002_index.down.sql": "DROP INDEX CONCURRENTLY h.owners_metadata;",
};
