import { CALENDAR_WINDOWS } from '../data/calendar.ts'
import { parseDuration } from '../data/epoch.ts'
import { parseMonth } from '../data/month.ts'
import { whichWasMeant } from '../data/nearest.ts'
import { parseInstant } from '../data/time.ts'
import { openZone } from '../data/zone.ts'
import { TributaryError } from '../errors.ts'

/**
 * One field of an input: what is right, said to code, to a reader of the description of the API, and to a
 * person.
 */
type Field = {
  readonly isRight: (value: unknown) => boolean
  /** JSON Schema. */
  readonly schema: object
  /** After "must be". */
  readonly example: string
  /** What the names of the list have to be declared as. */
  readonly names?: readonly ('metric' | 'event type' | 'model')[]
}

/**
 * What a state machine takes. Nothing else is taken, so that a mistyped name does not start the wrong work.
 */
export type RunInput = {
  readonly fields: Readonly<Record<string, Field>>
  /** Exactly one of these sets of fields is given, and whole; not given: any fields, or none. */
  readonly oneOf?: readonly (readonly string[])[]
  /** A pair of instants, the first before the second. */
  readonly inOrder?: readonly [string, string]
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isList = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(isText)
const text = () => ({ type: 'string', minLength: 1 }) as const
const listOf = (items: object) => ({ type: 'array', minItems: 1, items }) as const
const texts = listOf(text())

/**
 * Names in inputs: what each kind stands for. An object each, since the description of the API
 * (core/api/openapi.ts) puts the declared names in its place.
 */
export const METRIC_NAME = text()
export const TYPE_NAME = text()
export const METRIC_OR_TYPE_NAME = text()

const instant: Field = {
  isRight: value => isText(value) && parseInstant(value) !== undefined,
  schema: { type: 'string', format: 'date-time' },
  example: 'an instant such as 2026-01-31T12:00:00Z',
}
const duration: Field = {
  isRight: value => isText(value) && parseDuration(value) !== undefined,
  schema: { type: 'string', pattern: '^(?!0+[smhd])[0-9]{1,6}[smhd]$' },
  example: 'a duration such as 7d or 12h',
}
const month: Field = {
  isRight: value => isText(value) && parseMonth(value) !== undefined,
  schema: { type: 'string', pattern: '^[1-9][0-9]{3}-(0[1-9]|1[0-2])$' },
  example: 'a month such as 2026-10',
}
const window: Field = {
  isRight: value => CALENDAR_WINDOWS.some(one => one === value),
  schema: { enum: [...CALENDAR_WINDOWS] },
  example: `one of ${CALENDAR_WINDOWS.join(', ')}`,
}
const timezone: Field = {
  isRight: value => isText(value) && openZone(value) !== undefined,
  schema: text(),
  example: 'a name of the IANA database, such as Europe/Berlin',
}
const metrics: Field = {
  ...{ isRight: isList, schema: listOf(METRIC_NAME), example: 'a list of names of metrics' },
  names: ['metric'],
}
/** The heavy path: prepares data before the epochs are worked on. */
const scripts: Field = { isRight: isList, schema: texts, example: 'a list of S3 URIs of Spark SQL scripts' }

const metricsAndTypes: Field = {
  ...{ isRight: isList, schema: listOf(METRIC_OR_TYPE_NAME) },
  example: 'a list of names of metrics or event types',
  names: ['metric', 'event type'],
}

/** Numbers of the batch layer that an operator takes although the layers differ. */
const accept = metricsAndTypes

const types: Field = {
  ...{ isRight: isList, schema: listOf(TYPE_NAME), example: 'a list of event types' },
  names: ['event type'],
}

/** Types that are published without raw data that is lost on its way. */
const acceptLoss = types

/** Models that are made again. */
const restate: Field = {
  ...{ isRight: isList, schema: texts, example: 'a list of names of models' },
  names: ['model'],
}

/** What is rebuilt; all else stays as it is. */
const only = metricsAndTypes

/**
 * Whether a batch computes published epochs again that raw data came late for, or leaves them to a backfill.
 */
const late: Field = {
  isRight: value => value === 'recompute' || value === 'leave',
  schema: { enum: ['recompute', 'leave'] },
  example: '"recompute" or "leave"',
}

/** The input of every machine of state-machines/, by its name. */
export const RUN_INPUTS: Readonly<Record<string, RunInput>> = {
  batch: { fields: { accept, acceptLoss, late, restate, restateFrom: instant, scripts } },
  backfill: {
    fields: { from: instant, to: instant, last: duration, accept, scripts },
    oneOf: [['from', 'to'], ['last']],
    inOrder: ['from', 'to'],
  },
  replay: { fields: { only } },
  'restore-raw': { fields: { only: types } },
  'file-ingest': { fields: {} },
  delivery: { fields: { month, metrics, window, timezone } },
  warehouse: { fields: {} },
  spark: { fields: { scripts }, oneOf: [['scripts']] },
}

/**
 * Refuses an input that a machine would not understand, or would ignore. A machine that is not known here is
 * for whoever starts it to refuse.
 *
 * @throws TributaryError `bad_request` naming the field and the remedy
 */
export function checkRunInput(machine: string, input: unknown): void {
  const known = Object.hasOwn(RUN_INPUTS, machine) ? RUN_INPUTS[machine] : undefined
  if (known === undefined) return
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    refuse(machine, 'is not an object', 'give one, or leave it out')
  refuseFields(machine, known, input as Readonly<Record<string, unknown>>)
  refuseChoice(machine, known, Object.keys(input))
  refuseOrder(machine, known, input as Readonly<Record<string, unknown>>)
}

/** What names of an input may stand for. */
export type Declared = {
  readonly metrics: readonly { readonly name: string }[]
  readonly latest: ReadonlyMap<string, unknown>
  readonly models: readonly { readonly name: string; readonly header: { readonly kind: string } }[]
}

/**
 * Refuses names that nothing declared has: the run would pass over them, and succeed. For inputs that
 * `checkRunInput` has let pass.
 *
 * @throws TributaryError `bad_request` naming the name and the one that was meant
 */
export function checkRunNames(machine: string, input: unknown, { metrics, latest, models }: Declared): void {
  if (!Object.hasOwn(RUN_INPUTS, machine)) return
  const { fields } = RUN_INPUTS[machine]!
  const known = {
    ...{ metric: metrics.map(({ name }) => name), 'event type': [...latest.keys()] },
    // A view is made by whoever reads it.
    model: models.filter(({ header }) => header.kind !== 'view').map(({ name }) => name),
  }
  for (const [field, value] of Object.entries(input as Readonly<Record<string, readonly string[]>>)) {
    const kinds = fields[field]?.names
    if (kinds !== undefined)
      refuseNames(
        machine,
        { field, kind: kinds.join(' or ') },
        value,
        kinds.flatMap(kind => known[kind]),
      )
  }
}

function refuseNames(
  machine: string,
  { field, kind }: { readonly field: string; readonly kind: string },
  names: readonly string[],
  known: readonly string[],
): void {
  const unknown = names.find(name => !known.includes(name))
  if (unknown === undefined) return
  const some = known.slice(0, 20).join(', ')
  const remedy = whichWasMeant(unknown, known, `there are ${some}${known.length > 20 ? ', …' : ''}`)
  const shown = JSON.stringify(unknown.slice(0, 100))
  refuse(machine, `has ${shown} in "${field}", and no ${kind} is called so`, remedy)
}

function refuseFields(machine: string, { fields }: RunInput, input: Readonly<Record<string, unknown>>): void {
  const names = Object.keys(fields)
  for (const [name, value] of Object.entries(input)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined
    const shown = JSON.stringify(name.slice(0, 100))
    if (field === undefined)
      refuse(
        machine,
        `has no field ${shown}`,
        names.length === 0 ? 'leave it out' : `it takes ${names.join(', ')}`,
      )
    if (!field.isRight(value)) refuse(machine, `has a wrong ${shown}`, `it must be ${field.example}`)
  }
}

function refuseChoice(machine: string, { fields, oneOf }: RunInput, given: readonly string[]): void {
  if (oneOf === undefined) return
  const chosen = given.filter(name => oneOf.flat().includes(name))
  const isOne = oneOf.some(set => set.length === chosen.length && set.every(name => chosen.includes(name)))
  if (isOne) return
  const [only] = oneOf.length === 1 ? oneOf[0]! : []
  if (only !== undefined) refuse(machine, `lacks "${only}"`, `give ${fields[only]!.example}`)
  const sets = oneOf.map(set => set.map(name => `"${name}"`).join(' and ')).join(', or ')
  refuse(machine, 'is not complete, or says two things', `give ${sets}, not both`)
}

function refuseOrder(machine: string, { inOrder }: RunInput, input: Readonly<Record<string, unknown>>): void {
  if (inOrder === undefined) return
  const [first, end] = inOrder.map(name => parseInstant(String(input[name] ?? '')))
  if (first === undefined || end === undefined || first < end) return
  refuse(machine, 'is a range that is empty', `give a "${inOrder[0]}" before the "${inOrder[1]}"`)
}

function refuse(machine: string, problem: string, remedy: string): never {
  throw new TributaryError('bad_request', `the input of ${machine} ${problem}; ${remedy}`)
}

/** Step Functions' limit on the input of an execution, bytes. */
const INPUT_LIMIT = 262_144

/**
 * The input of a run as JSON text; nothing given counts as `{}`.
 *
 * @throws TributaryError `bad_request` or `too_large`
 */
export function runInputText(input: unknown): string {
  const text = jsonText(input ?? {})
  if (Buffer.byteLength(text) > INPUT_LIMIT)
    throw new TributaryError('too_large', `the input of a run exceeds ${INPUT_LIMIT} bytes`)
  return text
}

function jsonText(input: unknown): string {
  let text: string | undefined
  let cause: unknown
  try {
    text = JSON.stringify(input)
  } catch (error) {
    cause = error
  }
  if (text === undefined)
    throw new TributaryError('bad_request', 'the input of a run must be JSON', { cause })
  return text
}
