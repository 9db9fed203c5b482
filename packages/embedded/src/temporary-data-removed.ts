import { SmithError } from "@mister-smith/errors";

/** Why a server whose data was temporary cannot be started again. */
export function temporaryDataRemoved(folder: string): SmithError {
  return new SmithError(
    "TEMPORARY_DATA_REMOVED",
    `the temporary data in ${folder} was removed when the server stopped`,
    {
      hint: "Name a folder to keep data, or start a new server.",
      details: { folder },
    },
  );
}
