import manifest from "../../../package.json" with { type: "json" };

/** The name and version of this package, as the history records them. */
export const ownVersion = `${manifest.name} ${manifest.version}`;
