/** A piece of an ARN pattern: one character, or any text (`name`: any without `/` and `:`). */
type Piece = string | { readonly any: 'text' | 'name' }

/** Variables whose values have no `/` and no `:`. */
const NAMES: ReadonlySet<string> = new Set(
  ['Account', 'BucketName', 'Partition', 'Region'].map(name => `\${${name}}`),
)

/** The pattern of a policy's resource: `*` is any text. */
export function policyPattern(resource: string): readonly Piece[] {
  return [...resource].map(letter => (letter === '*' ? { any: 'text' } : letter))
}

/** The pattern of a resource type's ARN: `arn:${Partition}:s3:::${BucketName}/${ObjectName}`. */
export function typePattern(arn: string): readonly Piece[] {
  return arn
    .split(/(\$\{[^}]+\})/)
    .flatMap((part): readonly Piece[] =>
      part.startsWith('${') ? [{ any: NAMES.has(part) ? 'name' : 'text' }] : [...part],
    )
}

/** Whether some text matches both patterns. */
export function overlap(a: readonly Piece[], b: readonly Piece[]): boolean {
  const known = new Map<number, boolean>()
  return from(0, 0)

  function from(i: number, j: number): boolean {
    const key = i * (b.length + 1) + j
    const before = known.get(key)
    if (before !== undefined) return before
    const found = compare(i, j)
    known.set(key, found)
    return found
  }

  function compare(i: number, j: number): boolean {
    const [x, y] = [a[i], b[j]]
    if (x === undefined && y === undefined) return true
    if (typeof x === 'object' && from(i + 1, j)) return true
    if (typeof y === 'object' && from(i, j + 1)) return true
    if (typeof x === 'string' && typeof y === 'string') return x === y && from(i + 1, j + 1)
    if (typeof x === 'object' && typeof y === 'string') return takes(x, y) && from(i, j + 1)
    if (typeof x === 'string' && typeof y === 'object') return takes(y, x) && from(i + 1, j)
    return false
  }
}

function takes({ any }: { readonly any: 'text' | 'name' }, letter: string): boolean {
  return any === 'text' || (letter !== '/' && letter !== ':')
}
