import { isNumberText } from '../json/json.ts'
import { type MeasureType, type MeasureValue, NUMBER, type Problem, type Result } from './measure-type.ts'

export type Ratio = { readonly kind: 'ratio'; readonly of: string; readonly to: string }

/**
 * What one measure of the metric shows, divided by what another shows; null where either is null or the
 * second is 0.
 */
export const ratio = (of: string, to: string): Ratio => ({ kind: 'ratio', of, to })

/** Keeps no cells of its own. */
export const ratioMeasure: MeasureType<Ratio> = {
  keys: { of: 'string', to: 'string' },
  field: () => undefined,
  plain: () => undefined,
  check: ({ of, to }, all) => {
    const isThere = (name: string) => Object.hasOwn(all, name) && all[name]!.kind !== 'ratio'
    const known = Object.keys(all).filter(isThere)
    const wrong = [of, to].find(name => !isThere(name))
    if (wrong !== undefined) return unknown(wrong, known)
    return of === to ? byItself(of, known) : undefined
  },
  checkUse: ({ of, to }, { resultOf }) => {
    const wrong = [of, to].find(name => !isNumber(resultOf(name)))
    if (wrong === undefined) return undefined
    return { problem: `divides "${wrong}", which is no number`, remedy: 'name measures of numbers' }
  },
  cells: () => [],
  also: [],
  result: () => NUMBER,
  describe: ({ of, to }) => `${of} divided by ${to}`,
  present: ({ of, to }, { valueNamed }) => divided(valueNamed(of), valueNamed(to)),
}

function unknown(name: string, known: readonly string[]): Problem {
  const problem = `divides "${name}", which is no other measure of the metric, or a ratio itself`
  return { problem, remedy: `name two of ${known.join(', ')}` }
}

/** It would be 1 wherever it is anything. */
function byItself(name: string, known: readonly string[]): Problem {
  return { problem: `divides "${name}" by itself`, remedy: `name two of ${known.join(', ')}` }
}

function isNumber({ column: { type } }: Result): boolean {
  return type === 'bigint' || type === 'double' || type === 'decimal'
}

function divided(a: MeasureValue, b: MeasureValue): number | null {
  const [above, below] = [doubleOf(a), doubleOf(b)]
  return above === undefined || below === undefined || below === 0 ? null : above / below + 0
}

function doubleOf(value: MeasureValue): number | undefined {
  if (isNumberText(value)) return Number(value.rawJSON)
  return typeof value === 'number' ? value : undefined
}
