/**
 * Compiles a JSON Pointer (RFC 6901), such as `/properties/price`; undefined where the text is none.
 * What is read is never a method or anything else that a value inherits.
 */
export function compilePointer(pointer: string): ((value: unknown) => unknown) | undefined {
  if (!/^(?:\/(?:[^~]|~[01])*)*$/s.test(pointer)) return undefined
  const keys = pointer
    .split('/')
    .slice(1)
    .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  return value => keys.reduce(step, value)
}

function step(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return (value as Readonly<Record<string, unknown>>)[key]
}
