import { isNote } from './keywords.ts'
import { inside, refuse, shown } from './refuse.ts'
import { alternativesIn, notNull, orNull, type Shape, takesNull, typeOf } from './shape.ts'
import { fits, type Written } from './written.ts'

/**
 * Alternatives. Null among them makes the rest nullable; single values of one type become one list of
 * values; what is left over is a union. `oneOf` is taken where no value can fit two, so that it says what
 * `anyOf` says.
 */
export function unionOf(written: Written, types: readonly string[] | undefined): Shape {
  const { node, place } = written
  const keyword = node['oneOf'] === undefined ? 'anyOf' : 'oneOf'
  const beside = Object.keys(node).find(
    key => ![keyword, 'type'].includes(key) && !isNote(key) && key[0] !== '$',
  )
  if (beside !== undefined)
    refuse(place, `has ${beside} beside ${keyword}`, `put ${beside} into each alternative of ${keyword}`)
  const read = alternativesOf(written, keyword)
  if (keyword === 'oneOf') refuseOverlap(read, place)
  if (read.some(shape => shape.type === undefined && alternativesIn(shape) === undefined)) return {}
  const nullable = read.some(takesNull)
  const merged = merge(
    read
      .filter(shape => shape.type !== 'null')
      .map(notNull)
      .flatMap(flat),
  )
  if (merged.length === 0) refuse(place, 'takes null only', 'name the type it has otherwise, beside null')
  const whole: Shape = merged.length === 1 ? merged[0]! : { anyOf: merged }
  const shape = nullable ? orNull(whole) : whole
  return types === undefined ? shape : narrowed(shape, types, place, keyword)
}

function alternativesOf({ node, place, reading }: Written, keyword: string): readonly Shape[] {
  const list = node[keyword]
  if (!Array.isArray(list) || list.length === 0)
    refuse(place, `has an empty ${keyword}`, 'list the alternatives')
  return list.map((one, i): Shape => {
    const isNull = one?.type === 'null' || (one?.const === null && one?.type === undefined)
    return isNull ? { type: 'null' } : reading.read(one, inside(place, keyword, i), reading)
  })
}

function flat(shape: Shape): readonly Shape[] {
  return alternativesIn(shape) ?? [shape]
}

/** Lists of values that say the same otherwise become one, in the place of the first. */
function merge(shapes: readonly Shape[]): readonly Shape[] {
  const merged = new Map<string, Shape>()
  for (const [i, shape] of shapes.entries()) {
    const key = 'enum' in shape ? besideValues(shape) : `${i}`
    const other = merged.get(key)
    const all = other === undefined ? [] : [...new Set([...valuesIn(other), ...valuesIn(shape)])]
    merged.set(key, other === undefined ? shape : ({ ...JSON.parse(key), enum: all } as Shape))
  }
  return [...merged.values()]
}

/** What a list of values says beside them; what describes each is no more when they become one. */
function besideValues(shape: Shape): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(shape).filter(([key]) => key !== 'enum' && !isNote(key))),
  )
}

function valuesIn(shape: Shape): readonly unknown[] {
  return ('enum' in shape ? shape.enum : undefined) ?? []
}

/** `type` beside alternatives: each must be of one of its types. */
function narrowed(shape: Shape, types: readonly string[], place: string, keyword: string): Shape {
  const isWhole =
    types.includes('integer') && valuesIn(shape).every(value => value === null || fits(value, 'integer'))
  const type = typeOf(shape) === 'number' && isWhole ? 'integer' : typeOf(shape)
  if (
    type === undefined ||
    !types.includes(type) ||
    takesNull(shape) !== types.includes('null') ||
    types.length > (takesNull(shape) ? 2 : 1)
  )
    refuse(
      place,
      `has the type ${shown(types)} beside ${keyword}, whose alternatives are of others`,
      'leave type out',
    )
  return { ...shape, type: takesNull(shape) ? [type, 'null'] : type } as Shape
}

function refuseOverlap(shapes: readonly Shape[], place: string): void {
  for (const [i, one] of shapes.entries())
    for (const other of shapes.slice(i + 1))
      if (overlap(one, other))
        refuse(place, 'has oneOf with alternatives that one value may fit both', 'write anyOf')
}

function overlap(a: Shape, b: Shape): boolean {
  if (takesNull(a) && takesNull(b)) return true
  const both = flat(a).flatMap(x => flat(b).map(y => [x, y] as const))
  return both.some(([x, y]) => {
    const [left, right] = [kindIn(x), kindIn(y)]
    if (left === 'null' || right === 'null') return left === right
    if (left !== right && left !== undefined && right !== undefined) return false
    if (!('enum' in x) || !('enum' in y)) return true
    return valuesIn(x).some(value => value !== null && valuesIn(y).includes(value))
  })
}

/** The type in JSON: an integer is a number. */
function kindIn(shape: Shape): string | undefined {
  if (shape.type === 'null') return 'null'
  const type = typeOf(shape)
  return type === 'integer' ? 'number' : type
}
