import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROWS } from '../../e2e/operations/page.ts'
import { type Resources, readSource } from './sources.ts'

const HOUR = 3600
/** Seconds: the oldest record that Lambda can be told to take on. */
const LONGEST = 604_800
const { Parameters } = await readSource<{ Parameters: Parameters }>('parameters.yml')
const { Resources: resources } = await readSource<{ Resources: Resources }>('stream.yml')
const mappings = Object.values(resources).filter(({ Type }) => Type === 'AWS::Lambda::EventSourceMapping')

test('a speed layer that stood still goes on with all that the stream keeps: no record is given up for its age before', async () => {
  expect(resources['EventStream']!.Properties['RetentionPeriodHours']).toBe('StreamHours')
  const params = await readSource<Record<string, { streamHours?: number }>>('params.yml')
  const kept = Object.values(params).flatMap(({ streamHours }) => streamHours ?? [])
  expect(kept.length).toBeGreaterThan(0)
  expect(mappings).toHaveLength(1)
  for (const { Properties } of mappings)
    for (const hours of kept)
      expect(Properties['MaximumRecordAgeInSeconds']).toBeGreaterThanOrEqual(hours * HOUR)
})

test('what a stream keeps for longer than Lambda takes records, the runbook has counted by a replay', async () => {
  expect(Parameters.StreamHours.MaxValue * HOUR).toBeGreaterThan(LONGEST)
  for (const { Properties } of mappings) expect(Properties['MaximumRecordAgeInSeconds']).toBe(LONGEST)
  const { commands } = ROWS.find(({ alarms }) => alarms.includes('speed-stands-still'))!
  expect(commands).toContain('npx tributary runs start replay')
  const page = await readFile(join(import.meta.dirname, '../../../docs/operations.md'), 'utf8')
  expect(page).toContain(`with \`streamHours\` above ${LONGEST / HOUR}`)
})

type Parameters = { readonly StreamHours: { readonly MaxValue: number } }
