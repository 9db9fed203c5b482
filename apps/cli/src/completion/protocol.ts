/** The hidden command that the shell scripts ask: the words so far in, candidates out. */
export const completeWord = "__complete";
