/**
 * Thrown by a hook that wants the file rolled back for a reason that its caller deals with. It is neither
 * described as a failure nor recorded as one.
 */
export class HookRefusal extends Error {
  override readonly name: string = "HookRefusal";
}
