import { type CodePoints, LAST_CODE_POINT } from './code-points.ts'
import { NotRegular } from './parse-pattern.ts'
import type { Program, Step } from './program.ts'

/** A table: from a state and the class of a character to the next state. */
export type Automaton = {
  /** First code point of each range of one class, and the class. */
  readonly bounds: Uint32Array
  readonly classes: Uint16Array
  /** How many classes there are: the length of a row. */
  readonly width: number
  /** The state a text begins in. */
  readonly first: number
  readonly next: Uint16Array
  /** Whether a text that ends in a state fits. */
  readonly fits: Uint8Array
}

/** States that are never left. */
export const NEVER = 0
export const ALWAYS = 1

const MOST_STATES = 2000
/** Bounds what making a table costs: about a tenth of a second. */
const MOST_WORK = 4_000_000

/**
 * Makes a program deterministic (subset construction). It finds the pattern anywhere in a text.
 *
 * @throws NotRegular where the table would be too large
 */
export function automatonOf(program: Program): Automaton {
  const { bounds, classes, width } = classesOf(program.steps)
  const samples = Array.from({ length: width }, (_, k) => bounds[classes.indexOf(k)]!)
  const states = new Map<string, number>()
  const sets: (readonly number[])[] = [[], []]
  const next: number[] = [...Array(width).fill(NEVER), ...Array(width).fill(ALWAYS)]
  const fits: number[] = [0, 1]
  let work = 0
  const stateOf = (reached: readonly number[], isBegin: boolean): number => {
    if (reached.includes(0)) return ALWAYS
    if (reached.length === 0) return NEVER
    const key = `${isBegin}${reached.join()}`
    const known = states.get(key)
    if (known !== undefined) return known
    if (sets.length >= MOST_STATES) throw tooLarge()
    states.set(key, sets.length)
    fits.push(closure(program, reached, isBegin, true).includes(0) ? 1 : 0)
    return sets.push(reached) - 1
  }
  const first = stateOf(closure(program, [program.first], true, false), true)
  for (let state = ALWAYS + 1; state < sets.length; state++) {
    for (const point of samples) {
      work += sets[state]!.length
      if (work > MOST_WORK) throw tooLarge()
      const read = sets[state]!.flatMap(at => readAt(program.steps[at]!, point))
      next.push(stateOf(closure(program, [...read, program.first], false, false), false))
    }
  }
  return { bounds, classes, width, first, next: Uint16Array.from(next), fits: Uint8Array.from(fits) }
}

const tooLarge = () =>
  new NotRegular('needs too many states', 'use smaller counts, say where it begins (^), or use maxLength')

function readAt(step: Step, point: number): readonly number[] {
  return step.kind === 'read' && has(step.of, point) ? [step.next] : []
}

/** Steps that are reached without reading, in order: those that read, wait for the end, or are done. */
function closure(
  { steps }: Program,
  from: readonly number[],
  atStart: boolean,
  atEnd: boolean,
): readonly number[] {
  const seen = new Set<number>()
  const waiting = [...from]
  while (waiting.length > 0) {
    const at = waiting.pop()!
    if (seen.has(at)) continue
    seen.add(at)
    const step = steps[at]!
    if (step.kind === 'split') waiting.push(step.next, step.other)
    if ((step.kind === 'start' && atStart) || (step.kind === 'end' && atEnd)) waiting.push(step.next)
  }
  return [...seen].filter(at => ['read', 'end', 'match'].includes(steps[at]!.kind)).sort((a, b) => a - b)
}

/** Characters that no step tells apart are one class. */
function classesOf(steps: readonly Step[]): Pick<Automaton, 'bounds' | 'classes' | 'width'> {
  const sets = [...new Set(steps.flatMap(step => (step.kind === 'read' ? [step.of] : [])))]
  const cuts = new Set([0, ...sets.flatMap(set => set.flatMap(([first, last]) => [first, last + 1]))])
  const bounds = [...cuts].filter(cut => cut <= LAST_CODE_POINT).sort((a, b) => a - b)
  const known = new Map<string, number>()
  const classes = bounds.map(point => {
    const told = sets.map(set => (has(set, point) ? '1' : '0')).join('')
    if (!known.has(told)) known.set(told, known.size)
    return known.get(told)!
  })
  return { bounds: Uint32Array.from(bounds), classes: Uint16Array.from(classes), width: known.size }
}

function has(set: CodePoints, point: number): boolean {
  let [low, high] = [0, set.length - 1]
  while (low <= high) {
    const middle = (low + high) >> 1
    if (set[middle]![1] < point) low = middle + 1
    else if (set[middle]![0] > point) high = middle - 1
    else return true
  }
  return false
}
