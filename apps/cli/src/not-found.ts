import { SmithError } from "@mister-smith/errors";

/** What the command line names does not exist. Ends with exit code `not-found`. */
export class NotFound extends SmithError<"NOT_FOUND"> {
  override readonly name = "NotFound";

  /** @param what what it is: `agent` */
  constructor(what: string, id: string, hint: string) {
    super("NOT_FOUND", `${what} ${id} does not exist`, { hint, details: { id } });
  }
}
