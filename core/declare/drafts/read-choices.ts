import { WINDOWS, type Window } from '../../data/time.ts'
import { TributaryError } from '../../errors.ts'
import { isObject } from '../../json/is-object.ts'
import { knownKeys } from '../known-keys.ts'
import type { ContractChoices } from './draft-contract.ts'
import { DRAFT_KINDS, type DraftKind, type FieldChoice } from './draft-fields.ts'
import { DRAFT_MEASURES, type DraftMeasure, type DraftMetric } from './draft-metric.ts'

type Given = Readonly<Record<string, unknown>>

/**
 * What somebody chose, as it came over the wire. Whatever is not of its kind is refused, as it would stand in
 * a file of code.
 *
 * @throws TributaryError `bad_request` naming the choice
 */
export function readContractChoices(given: unknown): ContractChoices {
  const read = reader('contract', given, CONTRACT_CHOICES)
  return defined({
    type: read('type', isText, 'a text'),
    version: read('version', isVersion, 'a whole number from 1'),
    title: read('title', isText, 'a text'),
    partitionBy: read('partitionBy', areTexts, 'a list of fields'),
    subject: read('subject', isTextOrNull, 'a field, or null'),
    sensitive: read('sensitive', areTexts, 'a list of fields'),
    scale: read('scale', isScale, 'a whole number from 0 to 15, or null'),
    fields: read('fields', areFieldChoices, 'choices by field'),
  })
}

/** As `readContractChoices`. */
export function readMetricChoices(given: unknown): Partial<DraftMetric> {
  const read = reader('metric', given, METRIC_CHOICES)
  return defined({
    name: read('name', isText, 'a text'),
    title: read('title', isText, 'a text'),
    window: read('window', isWindow, `one of ${Object.keys(WINDOWS).join(', ')}`),
    by: read('by', areTexts, 'a list of fields'),
    measures: read('measures', areMeasures, `a list of measures: ${DRAFT_MEASURES.join(', ')}`),
  })
}

const CONTRACT_CHOICES = knownKeys<ContractChoices>({
  ...{ type: 1, version: 1, title: 1, partitionBy: 1, subject: 1, sensitive: 1, scale: 1, fields: 1 },
})
const METRIC_CHOICES = knownKeys<DraftMetric>({ name: 1, title: 1, window: 1, by: 1, measures: 1 })

function reader(of: string, given: unknown, known: readonly string[]) {
  if (given !== undefined && !isObject(given))
    throw new TributaryError('bad_request', `"${of}" is not an object of choices`)
  const choices: Given = given ?? {}
  // Mistyped, a choice would be ignored.
  const unknown = Object.keys(choices).find(name => !known.includes(name))
  if (unknown !== undefined)
    throw new TributaryError(
      'bad_request',
      `"${of}.${unknown.slice(0, 100)}" is not known; choose among ${known.join(', ')}`,
    )
  return <T>(name: string, is: (value: unknown) => value is T, what: string): T | undefined => {
    const value = choices[name]
    if (value === undefined || is(value)) return value
    throw new TributaryError('bad_request', `"${of}.${name}" has to be ${what}`)
  }
}

/** Without choices that were not made. */
function defined<T extends object>(choices: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const made = Object.entries(choices).filter(([, value]) => value !== undefined)
  return Object.fromEntries(made) as { [K in keyof T]?: Exclude<T[K], undefined> }
}

const LONGEST = 1024
const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= LONGEST
const isTextOrNull = (value: unknown): value is string | null => value === null || isText(value)
const areTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText)
const isVersion = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0
const isScale = (value: unknown): value is number | null =>
  value === null || (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 15)
const isWindow = (value: unknown): value is Window => isText(value) && Object.hasOwn(WINDOWS, value)
const isFlag = (value: unknown) => value === undefined || typeof value === 'boolean'

function areFieldChoices(value: unknown): value is Readonly<Record<string, FieldChoice>> {
  return isObject(value) && Object.values(value).every(isFieldChoice)
}

function isFieldChoice(value: unknown): boolean {
  if (!isObject(value)) return false
  const { kind, format, optional, nullable, leftOut } = value
  const isKind = kind === undefined || DRAFT_KINDS.includes(kind as DraftKind)
  return (
    isKind && (format === undefined || isTextOrNull(format)) && [optional, nullable, leftOut].every(isFlag)
  )
}

function areMeasures(value: unknown): value is readonly DraftMeasure[] {
  return Array.isArray(value) && value.length <= 100 && value.every(isMeasure)
}

function isMeasure(value: unknown): boolean {
  if (!isObject(value)) return false
  const { name, kind, field } = value
  return isText(name) && isTextOrNull(field) && (DRAFT_MEASURES as readonly unknown[]).includes(kind)
}
