import { createSqlTag } from "@slonik/sql-tag";
import { z } from "zod";

const sql = createSqlTag();
const noRow = z.object({});

/** Whether there is a database of that name. */
export const databaseExists = (name: string) =>
  sql.type(z.object({ found: z.boolean() }))`
    SELECT EXISTS (SELECT FROM pg_database WHERE datname = ${name}) AS found
  `;

/** Makes an empty database. */
export const createDatabase = (name: string) => sql.type(noRow)`CREATE DATABASE ${sql.identifier([name])}`;
