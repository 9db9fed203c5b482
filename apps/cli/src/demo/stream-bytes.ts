/**
 * How much the streams of a demonstration hold, in bytes: the server sets as much aside, and a demonstration needs
 * little. Whoever makes them must say the same.
 */
export const streamBytes = 67_108_864;
