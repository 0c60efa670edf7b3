import type { CodePoints } from './code-points.ts'
import { NotRegular, type Pattern } from './parse-pattern.ts'

/**
 * A step of a nondeterministic automaton: read one character; go on in two ways; go on at the start or the
 * end of the text only; done.
 */
export type Step =
  | { readonly kind: 'read'; readonly of: CodePoints; readonly next: number }
  | { readonly kind: 'split'; readonly next: number; readonly other: number }
  | { readonly kind: 'start' | 'end'; readonly next: number }
  | { readonly kind: 'match' }

export type Program = { readonly steps: readonly Step[]; readonly first: number }

/** Counted repetitions are written out, so their product has to stay small. */
const MOST_STEPS = 5000

/**
 * The steps of a pattern, last part first (Thompson's construction).
 *
 * @throws NotRegular for counts that make it too large
 */
export function programOf(pattern: Pattern): Program {
  const steps: Step[] = [{ kind: 'match' }]
  const add = (step: Step): number => {
    if (steps.length >= MOST_STEPS)
      throw new NotRegular('repeats too much by count', 'use smaller counts, and maxLength for the length')
    return steps.push(step) - 1
  }

  /** The first step of a part that goes on to `next`. */
  function compile(part: Pattern, next: number): number {
    switch (part.kind) {
      case 'one':
        return add({ kind: 'read', of: part.of, next })
      case 'all':
        return part.parts.reduceRight((after, each) => compile(each, after), next)
      case 'any':
        return part.options
          .map(option => compile(option, next))
          .reduceRight((other, first) => add({ kind: 'split', next: first, other }))
      case 'repeat':
        return repeat(part.part, part.least, part.most, next)
      default:
        return add({ kind: part.kind, next })
    }
  }

  function repeat(part: Pattern, least: number, most: number, next: number): number {
    let first = most === Infinity ? loop(part, next) : next
    const optional = most === Infinity ? 0 : Math.min(most - least, MOST_STEPS)
    for (let i = 0; i < optional; i++) first = add({ kind: 'split', next: compile(part, first), other: next })
    for (let i = 0; i < Math.min(least, MOST_STEPS); i++) first = compile(part, first)
    return first
  }

  function loop(part: Pattern, next: number): number {
    const split = add({ kind: 'split', next, other: next })
    steps[split] = { kind: 'split', next: compile(part, split), other: next }
    return split
  }

  const first = compile(pattern, 0)
  return { steps, first }
}
