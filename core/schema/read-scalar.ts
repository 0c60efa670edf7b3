import { DECIMAL_DIGITS, decimalPlaces, POWERS_OF_TEN } from '../data/decimal.ts'
import { patternProblem } from '../pattern/pattern.ts'
import { FORMATS, LONGEST_TEXT } from './formats.ts'
import { KEYWORDS } from './keywords.ts'
import { refuse, shown } from './refuse.ts'
import type { BooleanShape, NumericShape, TextShape } from './shape.ts'
import { pick, type Written } from './written.ts'

/**
 * A text. Where its format or pattern is judged it has a largest length, as Ajv's meta-schema for untrusted
 * data asks: that of the format, or of an event.
 */
export function textOf({ node, place }: Written, values: readonly string[] | undefined): TextShape {
  refuseCounts(node, place, 'minLength', 'maxLength')
  const { format, pattern } = node
  if (format !== undefined && !Object.hasOwn(FORMATS, String(format)))
    refuse(place, `has the format ${shown(format)}`, `use one of ${Object.keys(FORMATS).join(', ')}`)
  const wrong = pattern === undefined ? undefined : patternProblem(pattern)
  if (wrong !== undefined)
    refuse(place, `has the pattern ${shown(pattern)}, which ${wrong.problem}`, wrong.remedy)
  const most = format === undefined ? LONGEST_TEXT : FORMATS[String(format)]!
  const isJudged = format !== undefined || pattern !== undefined
  return {
    type: 'string',
    ...(values !== undefined && { enum: values }),
    ...pick(node, KEYWORDS.string),
    ...(isJudged && { maxLength: Math.min((node['maxLength'] as number | undefined) ?? most, most) }),
  }
}

/**
 * A number. Integers stay within what JSON's readers hold exactly; numbers whose decimal places are known
 * stay within DECIMAL(18, places).
 */
export function numericOf(
  { node, place, reading }: Written,
  type: 'integer' | 'number',
  values: readonly number[] | undefined,
): NumericShape {
  for (const keyword of KEYWORDS.number)
    if (node[keyword] !== undefined && !Number.isFinite(node[keyword]))
      refuse(place, `has ${keyword} ${shown(node[keyword])}`, 'give a number')
  const step = node['multipleOf'] as number | undefined
  if (step !== undefined && step <= 0) refuse(place, `has multipleOf ${step}`, 'give a step above 0')
  if (step !== undefined && decimalPlaces(step) === undefined)
    refuse(place, `has multipleOf ${step}`, 'give a step of at most 15 decimal places')
  const shape = {
    type,
    ...(values !== undefined && { enum: values }),
    ...pick(node, KEYWORDS.number),
  } as NumericShape
  const places = step === undefined ? reading.scale : decimalPlaces(step)
  const bounded = type === 'integer' ? safe(shape) : places === undefined ? shape : within(shape, places)
  refuseEmptyRange(bounded, place)
  return bounded
}

export function booleanOf(values: readonly boolean[] | undefined): BooleanShape {
  return { type: 'boolean', ...(values !== undefined && { enum: values }) }
}

function safe(shape: NumericShape): NumericShape {
  const { minimum = -Infinity, maximum = Infinity } = shape
  return {
    ...shape,
    minimum: Math.max(minimum, Number.MIN_SAFE_INTEGER),
    maximum: Math.min(maximum, Number.MAX_SAFE_INTEGER),
  }
}

function within(shape: NumericShape, places: number): NumericShape {
  const bound = POWERS_OF_TEN[DECIMAL_DIGITS - places]!
  const { exclusiveMinimum = -Infinity, exclusiveMaximum = Infinity } = shape
  return {
    ...shape,
    exclusiveMinimum: Math.max(exclusiveMinimum, -bound),
    exclusiveMaximum: Math.min(exclusiveMaximum, bound),
  }
}

function refuseEmptyRange(shape: NumericShape, place: string): void {
  const { minimum = -Infinity, maximum = Infinity } = shape
  const { exclusiveMinimum: above = -Infinity, exclusiveMaximum: below = Infinity } = shape
  if (minimum > maximum || above >= below || minimum >= below || above >= maximum)
    refuse(place, 'has bounds that no number is between', 'make the lower one smaller')
}

/** Two keywords that count: whole numbers, the first not above the second. */
export function refuseCounts(node: Written['node'], place: string, least: string, most: string): void {
  for (const keyword of [least, most]) {
    const count = node[keyword]
    if (count !== undefined && !(Number.isSafeInteger(count) && (count as number) >= 0))
      refuse(place, `has ${keyword} ${shown(count)}`, 'give a whole number from 0')
  }
  if ((node[least] as number) > (node[most] as number))
    refuse(place, `has ${least} above ${most}`, `make ${least} smaller`)
}
