import { TributaryError, toTributaryError } from '../../errors.ts'
import { isObject } from '../../json/is-object.ts'
import { type Contract, compilePipeline } from '../pipeline.ts'
import { fileName } from '../source-text.ts'
import { contractText } from './contract-text.ts'
import {
  type DraftField,
  type DraftNode,
  draftTree,
  type FieldChoice,
  leavesOf,
  wordsOf,
} from './draft-fields.ts'
import { declarationOf } from './draft-schema.ts'
import { nothingObserved, type Observed, observe } from './observe.ts'

/** A contract that somebody is about to declare. */
export type DraftContract = {
  readonly type: string
  readonly version: number
  readonly title: string
  readonly partitionBy: readonly string[]
  readonly subject: string | null
  readonly sensitive: readonly string[]
  /** Decimal places of its numbers; null: it has none. */
  readonly scale: number | null
  readonly tree: DraftNode
}

/** What somebody chose, in place of what is inferred. */
export type ContractChoices = Partial<
  Pick<DraftContract, 'type' | 'version' | 'title' | 'partitionBy' | 'subject' | 'sensitive' | 'scale'>
> & { readonly fields?: Readonly<Record<string, FieldChoice>> }

/** A file to put into the pipeline, and what keeps it from being taken as it is. */
export type DraftFile = { readonly path: string; readonly text: string; readonly problem: string | null }

export const MOST_SAMPLES = 1000

/**
 * Infers a contract from samples: events, or their data alone.
 *
 * @param declared contracts that there are: a type that is among them gets its next version
 * @throws TributaryError `bad_request` where no sample is an object; `too_large`
 */
export function draftContract(
  samples: readonly unknown[],
  choices: ContractChoices,
  declared: readonly Pick<Contract, 'type' | 'version'>[],
): { readonly draft: DraftContract; readonly fields: readonly DraftField[] } {
  if (samples.length > MOST_SAMPLES)
    throw new TributaryError('too_large', `${samples.length} samples are too many; give ${MOST_SAMPLES}`)
  const data = samples.map(dataOf)
  if (data.length === 0 || !data.every(isObject))
    throw new TributaryError('bad_request', 'a sample is an event, or its data: a JSON object')
  const root = nothingObserved()
  for (const one of data) observe(root, one)
  if (root.members.size === 0)
    throw new TributaryError('bad_request', 'the samples have no fields; give data with some')
  const tree = draftTree(root, choices.fields ?? {})
  const fields = leavesOf(tree)
  const type = choices.type ?? typeOf(samples) ?? 'com.example.event'
  const draft = {
    ...{ type, version: choices.version ?? nextVersion(type, declared), tree },
    title: choices.title ?? titleOf(type),
    partitionBy: choices.partitionBy ?? bestPartition(fields),
    subject: choices.subject === undefined ? subjectOf(fields) : choices.subject,
    sensitive: choices.sensitive ?? fields.filter(isHinted).map(({ name }) => name),
    scale: choices.scale === undefined ? scaleOf(fields, placesOf(root)) : choices.scale,
  }
  return { draft, fields }
}

/** The file of a draft. It is tried as the start would try it, beside nothing else. */
export function contractFile(draft: DraftContract): DraftFile {
  const name = fileName(draft.type.split('.').at(-1) ?? '')
  return { path: `pipeline/contracts/${name}`, text: contractText(draft), problem: problemOf(name, draft) }
}

function problemOf(file: string, draft: DraftContract): string | null {
  try {
    compilePipeline({
      contracts: [{ file, declaration: declarationOf(draft) }],
      ...{ metrics: [], schedules: [] },
    })
    return null
  } catch (error) {
    return toTributaryError(error).message
  }
}

/** An event has its attributes; data alone has not. */
function dataOf(sample: unknown): unknown {
  return isObject(sample) && 'data' in sample && 'specversion' in sample ? sample['data'] : sample
}

/** The type of the samples, where they are events of one. */
function typeOf(samples: readonly unknown[]): string | undefined {
  const types = new Set(samples.map(one => (isObject(one) && 'specversion' in one ? one['type'] : undefined)))
  const [type] = types
  return types.size === 1 && typeof type === 'string' ? type : undefined
}

function nextVersion(type: string, declared: readonly Pick<Contract, 'type' | 'version'>[]): number {
  return Math.max(0, ...declared.filter(one => one.type === type).map(({ version }) => version)) + 1
}

function titleOf(type: string): string {
  const words = wordsOf(type.split('.').at(-1) ?? '').join(' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const isHinted = ({ looksSensitive, leftOut, kind }: DraftField) =>
  looksSensitive && !leftOut && kind !== 'json'

/** A field that names something, if there is one: its events keep their order. */
function bestPartition(fields: readonly DraftField[]): readonly string[] {
  const possible = fields.filter(({ canPartition }) => canPartition)
  const rank = ({ path, format }: DraftField) => {
    const last = wordsOf(path.at(-1) ?? '').at(-1)
    if (last === 'id' || last === 'key') return 0
    return format === 'uuid' ? 1 : format === null ? 2 : 3
  }
  const [best] = possible.toSorted((a, b) => rank(a) - rank(b))
  return best === undefined ? [] : [best.name]
}

const PERSONS = new Set(['customer', 'user', 'person', 'patient', 'member', 'account', 'subscriber'])

function subjectOf(fields: readonly DraftField[]): string | null {
  const isId = ({ path, canPartition }: DraftField) => {
    const words = wordsOf(path.at(-1) ?? '')
    return canPartition && words.at(-1) === 'id' && words.some(word => PERSONS.has(word))
  }
  return fields.find(isId)?.name ?? null
}

/** Two places at least: samples of amounts are round more often than amounts are. */
function scaleOf(fields: readonly DraftField[], places: number): number | null {
  return fields.some(({ kind, leftOut }) => kind === 'number' && !leftOut)
    ? Math.min(15, Math.max(2, places))
    : null
}

function placesOf(at: Observed): number {
  return Math.max(at.places, ...[...at.members.values()].map(placesOf))
}
