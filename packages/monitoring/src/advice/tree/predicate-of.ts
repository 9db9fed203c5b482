import type { Node } from "libpg-query";
import { deparseSync } from "pgsql-deparser";
import type { CatalogueColumn, IndexPredicate } from "../catalogue.ts";
import { canonical, withoutQualifiers } from "./canonical.ts";

/** A condition of a statement as one of a partial index. */
export function predicateOf(node: Node, column: CatalogueColumn, share: number | null): IndexPredicate {
  return {
    canonical: canonical(node),
    sql: deparseSync(withoutQualifiers(node), { pretty: false }),
    columns: [column],
    share: share ?? 1,
  };
}
