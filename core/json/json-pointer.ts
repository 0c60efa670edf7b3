/** A key as a JSON pointer has it (RFC 6901, 3). */
export function pointerKey(key: string): string {
  return key.includes('~') || key.includes('/') ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key
}

/** The JSON pointer to what lies at these keys: `['data', 'a/b']` is `/data/a~1b`. */
export function pointerTo(path: readonly string[]): string {
  return path.map(key => `/${pointerKey(key)}`).join('')
}
