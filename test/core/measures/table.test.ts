import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CELLS } from '../../../core/cells/table.ts'
import * as declared from '../../../core/declare/measures.ts'
import { MEASURES } from '../../../core/measures/table.ts'
import { HOSTILE, loadDeclared, SAMPLE } from '../../declared.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')
const KINDS = [...Object.keys(CELLS), ...Object.keys(MEASURES)]

describe('a measure is one file', () => {
  test('and nothing but its own folder asks for its name, or for that of a kind of cell', () => {
    const condition = new RegExp(
      `(?:kind|measure|cell) [=!]== '(?:${KINDS.join('|')})'|case '(?:${KINDS.join('|')})'`,
    )
    const asking = ['core', 'drivers', 'steps', 'functions', 'local', 'deploy']
      .flatMap(folder =>
        readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(name =>
          join(folder, name),
        ),
      )
      .filter(name => name.endsWith('.ts') && !/^core\/(?:cells|measures)\//.test(name.replaceAll('\\', '/')))
      .filter(name => condition.test(readFileSync(join(ROOT, name), 'utf8')))
    expect(asking).toEqual([])
  })

  test.each(Object.keys(MEASURES))('%s is declared by the function of its name', kind => {
    const declare = (declared as unknown as Record<string, (...fields: string[]) => { kind: string }>)[kind]!
    expect(declare('a', 'b')).toMatchObject({ kind })
  })
})

test('metrics keep the identity that stores know them by', async () => {
  const pipelines = await Promise.all([SAMPLE, HOSTILE].map(loadDeclared))
  const ids = pipelines.flatMap(({ pipeline }) => pipeline.metrics.map(({ id }) => id))
  expect(ids).toEqual(
    expect.arrayContaining([
      ...[
        'customers_daily.2ef81751',
        'fleet_minutely.b9cd3faf',
        'flights_daily.14feb157',
        'routes_hourly.66d0fabf',
      ],
      ...[
        'trips_hourly.d72e95ac',
        'hostile_daily.defa710c',
        'hostile_filtered.75cf0892',
        'hostile_hourly.cc976540',
      ],
      ...['hostile_minutely.2c0b182e', 'plain_hourly.38415e5a'],
    ]),
  )
})
