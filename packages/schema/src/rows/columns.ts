import { z } from "zod";
import { bigInteger } from "./big-integer.ts";
import { column } from "./column.ts";
import { decimal } from "./decimal.ts";
import { embeddingDimensions, embeddingVector } from "./embedding-vector.ts";
import { interval } from "./interval.ts";
import { jsonValue } from "./json-value.ts";
import { timestamp } from "./timestamp.ts";

// The kinds of column that the schema is made of; the enums and domains have their own files.

export const uuid = column(z.guid(), "uuid");
export const text = column(z.string(), "text");
export const varchar = (length: number) => column(z.string(), `character varying(${length})`);
export const bool = column(z.boolean(), "boolean");
export const int4 = column(z.int(), "integer");
export const int8 = column(bigInteger, "bigint");
export const float8 = column(decimal, "double precision");
export const confidence = column(decimal, "numeric(3,2)");
export const timestamptz = column(timestamp, "timestamp with time zone");
export const duration = column(interval, "interval");
export const jsonb = column(jsonValue, "jsonb");
export const inet = column(z.string(), "inet");
export const embedding = column(embeddingVector, "real[]", `public.vector(${embeddingDimensions})`);
