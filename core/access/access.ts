/** `write` sends events, `read` queries, `admin` may do everything. `write` and `read` imply nothing else. */
export const SCOPES = ['write', 'read', 'admin'] as const

export type Scope = (typeof SCOPES)[number]

/** Event types: all, or those of names such as `com.example.order` and beginnings such as `com.example.*`. */
export type Types = 'all' | readonly string[]

/** Field name → the values that may be seen of it. */
export type Rows = Readonly<Record<string, readonly (string | number | boolean | null)[]>>

/**
 * What a caller may do. The one model of it, whatever it was read from: a setting, a file, a secret, or the
 * claims of a token. It is plain data, which goes from the authorizer to the functions behind it, and it
 * never holds a secret.
 */
export type Access = {
  /** Whose it is, as logs tell. */
  readonly name: string
  /** Types of events that may be sent; undefined: none. */
  readonly write?: Types | undefined
  /** Types of events of which may be read; undefined: none. */
  readonly read?: Types | undefined
  /** Everything, without limits. */
  readonly isAdmin?: true | undefined
  /** It is carried by pages, where anybody can read it. */
  readonly isBrowser?: true | undefined
  /** Rows that reading is limited to. */
  readonly where?: Rows | undefined
  /** Since when it is worth nothing, ms since 1970. */
  readonly expires?: number | undefined
  /** Requests a second. */
  readonly rate?: number | undefined
  /** Events that may be sent in a day (UTC). */
  readonly events?: number | undefined
}

/** Who shows no key, where none is asked for. */
export const NOBODY: Access = { name: 'nobody' }

/** Whether it is good for a call of this scope; limits are looked at besides. */
export function hasScope(access: Access, scope: Scope): boolean {
  if (access.isAdmin === true) return true
  if (scope === 'admin') return false
  return access[scope] !== undefined
}

/** Whether it has ended. `now` is ms since 1970. */
export function isExpired({ expires }: Access, now: number): boolean {
  return expires !== undefined && now >= expires
}

/** Whether everything may be read, of every type and row. */
export function readsAll({ isAdmin, read, where }: Access): boolean {
  return isAdmin === true || (read === 'all' && where === undefined)
}

/** Types that may be sent. */
export function writableTypes({ isAdmin, write }: Access): Types {
  return isAdmin === true ? 'all' : (write ?? [])
}

/** Types that may be read of. */
export function readableTypes({ isAdmin, read }: Access): Types {
  return isAdmin === true ? 'all' : (read ?? [])
}

/**
 * Whether a type is among others.
 *
 * @example isAmong('com.example.order', ['com.example.*'])
 */
export function isAmong(type: string, types: Types): boolean {
  if (types === 'all') return true
  return types.some(one => (one.endsWith('.*') ? type.startsWith(one.slice(0, -1)) : one === type))
}

/** Types in words. */
export function typesText(types: Types): string {
  return types === 'all' ? 'all types' : types.length === 0 ? 'no type' : types.join(', ')
}
