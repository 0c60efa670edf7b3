import { whichWasMeant } from '../data/nearest.ts'
import { refuse } from './tokens.ts'

/** Kinds of models. */
export const MODEL_KINDS = ['full', 'view', 'incremental', 'scd2'] as const
export type ModelKind = (typeof MODEL_KINDS)[number]

/** A test of a model's rows, as the header has it. */
export type TestDeclaration = {
  readonly line: number
  readonly text: string
  /** `warn`: it is told, and holds nothing. */
  readonly severity: 'error' | 'warn'
}

/** What the comment on top of a model says. */
export type Header = {
  readonly kind: ModelKind
  readonly title: string | undefined
  readonly description: string
  /** Columns that identify a row. */
  readonly key: readonly string[]
  /** The source whose epochs the rows are of (`incremental`). */
  readonly by: string | undefined
  /** Column with the instant at which other sources are looked up (`incremental`). */
  readonly time: string | undefined
  /** Sources that are read around an epoch alone: how far, ms. */
  readonly within: ReadonlyMap<string, number>
  /**
   * Column since when an observation is true, and columns that decide between two of one instant (`scd2`).
   */
  readonly validFrom: string | undefined
  readonly latestBy: string | undefined
  /** Boolean column: what is observed is gone (`scd2`). */
  readonly deleted: string | undefined
  /** Descriptions of columns. */
  readonly columns: ReadonlyMap<string, string>
  readonly tests: readonly TestDeclaration[]
}

const SINGLE = [
  'kind',
  'title',
  'description',
  'key',
  'by',
  'time',
  'valid from',
  'latest by',
  'deleted',
] as const
const REPEATED = ['within', 'column', 'test', 'test warn'] as const
const KEYS: readonly string[] = [...SINGLE, ...REPEATED]

type Line = { readonly key: string; readonly value: string; readonly line: number }

/**
 * Reads the comment on top of a model: lines `-- key: value` up to the first line that is no comment. A
 * comment without a colon is prose.
 *
 * @throws TributaryError `invalid_declaration`: file, line, what is not known, and the remedy
 */
export function readHeader(text: string, file: string): Header {
  const lines = linesOf(text, file)
  const one = (key: (typeof SINGLE)[number]) => lines.find(each => each.key === key)
  const kind = one('kind')
  if (kind === undefined)
    refuse({ file, line: 1 }, 'the model has no kind', `write "-- kind: ${MODEL_KINDS.join('", "')}" on top`)
  const kindName = MODEL_KINDS.find(each => each === kind!.value)
  if (kindName === undefined)
    refuse({ file, line: kind!.line }, `kind "${kind!.value}" is unknown`, `use ${MODEL_KINDS.join(', ')}`)
  return {
    kind: kindName!,
    ...{ title: one('title')?.value, description: one('description')?.value ?? '' },
    key: (one('key')?.value ?? '')
      .split(',')
      .map(name => name.trim())
      .filter(name => name !== ''),
    ...{ by: one('by')?.value, time: one('time')?.value },
    within: new Map(lines.filter(({ key }) => key === 'within').map(each => withinOf(each, file))),
    ...{
      validFrom: one('valid from')?.value,
      latestBy: one('latest by')?.value,
      deleted: one('deleted')?.value,
    },
    columns: new Map(lines.filter(({ key }) => key === 'column').map(each => columnOf(each, file))),
    tests: lines
      .filter(({ key }) => key.startsWith('test'))
      .map(({ key, value, line }) => ({ line, text: value, severity: key === 'test' ? 'error' : 'warn' })),
  }
}

function linesOf(text: string, file: string): readonly Line[] {
  const found: Line[] = []
  for (const [at, content] of text.split('\n').entries()) {
    if (content.trim() === '') continue
    if (!content.startsWith('--')) break
    const [, key, value] = /^--\s*([a-z][a-z ]*?)\s*:\s*(.*?)\s*$/.exec(content) ?? []
    if (key === undefined || value === undefined) continue
    found.push(checked({ key, value, line: at + 1 }, found, file))
  }
  return found
}

function checked(line: Line, before: readonly Line[], file: string): Line {
  const { key, value } = line
  const place = { file, line: line.line }
  if (!KEYS.includes(key)) {
    refuse(
      place,
      `"${key}" is not known in the header of a model`,
      whichWasMeant(key, KEYS, `there are ${KEYS.join(', ')}`),
    )
  }
  if (value === '') refuse(place, `"${key}" says nothing`, 'write a value, or leave the line out')
  if ((SINGLE as readonly string[]).includes(key) && before.some(each => each.key === key))
    refuse(place, `"${key}" is there a second time`, 'leave one of them')
  return line
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function withinOf({ value, line }: Line, file: string): readonly [string, number] {
  const [, source, count, unit] = /^(\S+)\s+(\d+)([smhd])$/.exec(value) ?? []
  if (source === undefined)
    refuse(
      { file, line },
      `within "${value}" has no source and time`,
      'write "within: curated.hoverboard 2h"',
    )
  return [source!, Number(count) * UNITS[unit!]!]
}

function columnOf({ value, line }: Line, file: string): readonly [string, string] {
  const [, name, text] = /^(\w+)\s+(.+)$/.exec(value) ?? []
  if (name === undefined)
    refuse({ file, line }, `column "${value}" has no text`, 'write "column: name What it is"')
  return [name!, text!]
}
