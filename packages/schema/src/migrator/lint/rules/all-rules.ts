import type { LintRule } from "../lint-rule.ts";
import { acceptComment } from "./accept-comment.ts";
import { addColumnNotNull } from "./add-column-not-null.ts";
import { addColumnRewrite } from "./add-column-rewrite.ts";
import { addColumnVolatileDefault } from "./add-column-volatile-default.ts";
import { concurrentOnPartitioned } from "./concurrent-on-partitioned.ts";
import { constraintNotValid } from "./constraint-not-valid.ts";
import { dropCascade } from "./drop-cascade.ts";
import { dropIndexNotConcurrent } from "./drop-index-not-concurrent.ts";
import { dropKey } from "./drop-key.ts";
import { dropOwned } from "./drop-owned.ts";
import { dropColumn, dropObject, dropSchema, dropTable } from "./drop-rules.ts";
import { enumValueUsed } from "./enum-value-used.ts";
import { duplicateVersion, fileName, versionGap } from "./file-rules.ts";
import { grantToPublic } from "./grant-to-public.ts";
import { ifNotExists } from "./if-not-exists.ts";
import { indexNotConcurrent } from "./index-not-concurrent.ts";
import { missingDown } from "./missing-down.ts";
import { mixedTransaction } from "./mixed-transaction.ts";
import { notRunnable } from "./not-runnable.ts";
import { attachWithoutCheck, detachNotConcurrent } from "./partition-lock.ts";
import { refreshNotConcurrent } from "./refresh-not-concurrent.ts";
import { rename } from "./rename.ts";
import { replicaIdentityFull } from "./replica-identity-full.ts";
import { rowSecurityWithoutPolicy } from "./row-security-without-policy.ts";
import { securityDefiner } from "./security-definer.ts";
import { setNotNull } from "./set-not-null.ts";
import { triggerOnExisting, triggersLeftDisabled } from "./trigger-rules.ts";
import { truncate } from "./truncate.ts";
import { typeChangeRewrite } from "./type-change-rewrite.ts";
import { unboundedWrite } from "./unbounded-write.ts";
import { uniqueWithoutIndex } from "./unique-without-index.ts";
import { validateInSameTransaction } from "./validate-in-same-transaction.ts";
import { wholeTableLock } from "./whole-table-lock.ts";

/** Every rule of the linter, in the order of the reference page. */
export const allRules: readonly LintRule[] = [
  // what the runner would refuse
  fileName,
  duplicateVersion,
  versionGap,
  missingDown,
  notRunnable,
  mixedTransaction,
  // what holds up a running application
  indexNotConcurrent,
  concurrentOnPartitioned,
  dropIndexNotConcurrent,
  constraintNotValid,
  validateInSameTransaction,
  uniqueWithoutIndex,
  setNotNull,
  addColumnNotNull,
  addColumnVolatileDefault,
  addColumnRewrite,
  typeChangeRewrite,
  wholeTableLock,
  refreshNotConcurrent,
  detachNotConcurrent,
  attachWithoutCheck,
  triggerOnExisting,
  replicaIdentityFull,
  enumValueUsed,
  // what cannot be taken back
  dropTable,
  dropColumn,
  dropSchema,
  dropObject,
  dropCascade,
  dropKey,
  dropOwned,
  rename,
  truncate,
  unboundedWrite,
  // what hides something, or opens it
  ifNotExists,
  rowSecurityWithoutPolicy,
  triggersLeftDisabled,
  securityDefiner,
  grantToPublic,
  acceptComment,
];
