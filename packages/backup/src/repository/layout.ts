/** Under which names a repository has what it has. */
export const layout = {
  /** All backups. */
  backups: "backups/",
  backup: (id: string): string => `backups/${id}/`,
  /** It is stored last, and removed first: without it there is no backup. */
  manifest: (id: string): string => `backups/${id}/manifest.json`,
  object: (id: string, name: string): string => `backups/${id}/objects/${name}`,
} as const;
