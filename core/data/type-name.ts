/**
 * A name of an event type as a part of paths: one that cannot leave its folder, and with `type=` before it is
 * no longer than a file system's names may be (255).
 */
const IN_PATHS = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,249}$/

/** Reverse-DNS text such as `com.example.order`. */
const DOTTED = /^[A-Za-z0-9]+([.-][A-Za-z0-9_]+)+$/

/** May this be the name of a declared event type? */
export function isTypeName(name: string): boolean {
  return DOTTED.test(name) && IN_PATHS.test(name)
}

/**
 * May this stand in a path as the name of an event type? Every declared one may. What others put into the
 * stream is asked too: a record must not choose where it is written.
 */
export function isTypeInPath(name: string): boolean {
  return IN_PATHS.test(name)
}
