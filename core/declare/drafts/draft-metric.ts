import type { Window } from '../../data/time.ts'
import { toTributaryError } from '../../errors.ts'
import type { Measure } from '../../measures/table.ts'
import type { ContractDeclaration } from '../contract.ts'
import { defineMetric, type MetricDeclaration } from '../metric.ts'
import { compilePipeline } from '../pipeline.ts'
import { fileName, keyed, listed, quoted } from '../source-text.ts'
import type { DraftFile } from './draft-contract.ts'
import { type DraftField, wordsOf } from './draft-fields.ts'

/** Kinds of measures that a form offers: those of events and of one field. */
export const DRAFT_MEASURES = ['count', 'sum', 'mean', 'min', 'max', 'distinct'] as const

export type DraftMeasure = {
  readonly name: string
  readonly kind: (typeof DRAFT_MEASURES)[number]
  /** Dotted; null of `count`. */
  readonly field: string | null
}

/** A metric that somebody is about to declare. */
export type DraftMetric = {
  readonly name: string
  readonly title: string
  readonly window: Window
  readonly by: readonly string[]
  readonly measures: readonly DraftMeasure[]
}

/** Infers a metric of a type: how many events, and the first of its numbers. */
export function draftMetric(
  type: string,
  fields: readonly DraftField[],
  choices: Partial<DraftMetric>,
): DraftMetric {
  const noun = wordsOf(type.split('.').at(-1) ?? '').join('_') || 'event'
  const window = choices.window ?? 'hour'
  return {
    name: choices.name ?? `${noun}s_${ADVERBS[window] ?? window}`.slice(0, 48),
    title: choices.title ?? '',
    ...{ window, by: choices.by ?? groupsOf(fields), measures: choices.measures ?? measuresOf(noun, fields) },
  }
}

const ADVERBS: Readonly<Record<string, string>> = { minute: 'minutely', hour: 'hourly', day: 'daily' }

/** Something that few values are likely of: a truth, else nothing. */
function groupsOf(fields: readonly DraftField[]): readonly string[] {
  return fields
    .filter(({ kind, leftOut }) => kind === 'boolean' && !leftOut)
    .slice(0, 1)
    .map(({ name }) => name)
}

function measuresOf(noun: string, fields: readonly DraftField[]): readonly DraftMeasure[] {
  const amount = fields.find(({ kind, leftOut }) => kind === 'number' && !leftOut)
  const all: DraftMeasure[] = [{ name: `${noun}s`.slice(0, 48), kind: 'count', field: null }]
  if (amount !== undefined)
    all.push({ name: `${columnOf(amount.name)}_sum`, kind: 'sum', field: amount.name })
  return all
}

const columnOf = (name: string) => (wordsOf(name).join('_') || 'field').slice(0, 40)

/** The file of a draft, tried beside the contract that it is of. */
export function metricFile(draft: DraftMetric, contract: ContractDeclaration): DraftFile {
  const name = fileName(draft.name)
  const text = metricText(draft, contract.type)
  return { path: `pipeline/metrics/${name}`, text, problem: problemOf(name, draft, contract) }
}

function problemOf(file: string, draft: DraftMetric, contract: ContractDeclaration): string | null {
  try {
    const declaration = defineMetric(declarationOf(draft, contract.type))
    compilePipeline({
      contracts: [{ file: 'the contract', declaration: contract }],
      metrics: [{ file, declaration }],
      schedules: [],
    })
    return null
  } catch (error) {
    return toTributaryError(error).message
  }
}

function declarationOf(draft: DraftMetric, type: string): MetricDeclaration {
  const { name, title, window, by, measures } = draft
  const entries = measures.map(one => [one.name, measureOf(one)] as const)
  return { name, type, window, by, measures: Object.fromEntries(entries), ...(title !== '' && { title }) }
}

/** What the function of that name gives. */
function measureOf({ kind, field }: DraftMeasure): Measure {
  return (field === null ? { kind } : { kind, field }) as Measure
}

function metricText({ name, title, window, by, measures }: DraftMetric, type: string): string {
  const kinds = [...new Set(measures.map(({ kind }) => kind))].sort()
  const lines = [
    `  name: ${quoted(name)},`,
    ...(title === '' ? [] : [`  title: ${quoted(title)},`]),
    `  type: ${quoted(type)},`,
    `  window: ${quoted(window)},`,
    ...(by.length === 0 ? [] : [`  by: ${listed(by)},`]),
    '  measures: {',
    ...measures.map(
      one => `    ${keyed(one.name)}: ${one.kind}(${one.field === null ? '' : quoted(one.field)}),`,
    ),
    '  },',
  ]
  return `import { ${kinds.join(', ')} } from '../../core/declare/measures.ts'
import { defineMetric } from '../../core/declare/metric.ts'

export default defineMetric({
${lines.join('\n')}
})
`
}
