import type { ValueSource } from '../declare/sources/resolve-source.ts'
import type { Conversion } from '../declare/sources/source.ts'
import { compilePointer } from './pointer.ts'

/** Compiles where a value comes from: a place in an item, converted, or a fixed one. */
export function compileValue(source: ValueSource): (item: unknown) => unknown {
  if ('value' in source) return () => source.value
  const at = compilePointer(source.from)!
  const { as, or } = source
  return item => {
    const value = at(item)
    if (value === undefined) return or
    return as === undefined ? value : CONVERT[as](value)
  }
}

/** What cannot be converted stays as it is: the contract refuses it by name. */
const CONVERT: Readonly<Record<Conversion, (value: unknown) => unknown>> = {
  number: value => numberOf(value) ?? value,
  integer: value => numberOf(value) ?? value,
  text: value => (typeof value === 'object' ? value : String(value)),
  boolean: value => BOOLEANS.get(value) ?? value,
  seconds: value => instantOf(value, 1000),
  milliseconds: value => instantOf(value, 1),
}

const BOOLEANS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  ...(['true', '1', 1] as const).map(one => [one, true] as const),
  ...(['false', '0', 0] as const).map(one => [one, false] as const),
])

function numberOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^-?\d{1,15}(?:\.\d{1,15})?$/.test(value)) return undefined
  return Number(value)
}

/** Time since 1970 as an instant. */
function instantOf(value: unknown, unit: number): unknown {
  const since = typeof value === 'number' ? value : numberOf(value)
  const date = new Date((since ?? Number.NaN) * unit)
  return Number.isNaN(date.getTime()) ? value : date.toISOString()
}
