import packageJson from "../package.json" with { type: "json" };

/** The version of the daemon, as its package.json has it. */
export const version: string = packageJson.version;
