import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadPipeline } from '../../../drivers/pipeline/folder.ts'
import { runCommand } from '../../../local/cli/program.ts'
import { compareLayers } from '../../../local/testing/compare.ts'
import { readTests } from '../../../local/testing/test-files.ts'
import { FOLDER, pipeline } from '../test-platform.ts'
import { sink } from '../text-sink.ts'

const TEST = await readFile(join(FOLDER, 'tests', 'trips.test.yaml'), 'utf8')

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tributary-declared-tests-'))
})
afterAll(() => rm(root, { recursive: true }))

async function tributary(args: readonly string[]) {
  const [output, errors] = [sink(), sink()]
  const code = await runCommand(args, {
    variables: {},
    input: Readable.from([]),
    output: output.stream,
    errors: errors.stream,
    signal: new AbortController().signal,
  })
  return { code, output: output.text(), errors: errors.text() }
}

/** A pipeline folder with the sample's test, changed. */
async function changed(...changes: readonly (readonly [string, string])[]): Promise<string> {
  const folder = await mkdtemp(join(root, 'pipeline-'))
  await mkdir(join(folder, 'tests'))
  const text = changes.reduce((before, [from, to]) => {
    expect(before).toContain(from)
    return before.replace(from, to)
  }, TEST)
  await writeFile(join(folder, 'tests', 'trips.test.yaml'), text)
  return folder
}

/** Why the file of a test is refused. */
async function refusal(from: string, to: string): Promise<string> {
  const folder = await changed([from, to])
  return readTests(folder, pipeline).then(
    () => 'not refused',
    (error: Error) => error.message.replace(/^.*?tests\/trips.test.yaml: (?:"trips count[^"]*": )?/, ''),
  )
}

describe('tributary test', () => {
  test('the sample’s declarations come to the numbers of its tests, in both layers', async () => {
    expect(await tributary(['test', '--pipeline', FOLDER])).toEqual({
      code: 0,
      errors: '',
      output: expect.stringMatching(
        /^ok {3}pipeline\/tests\/trips.test.yaml: .*\n1 of 1 tests as expected, in both layers\n$/,
      ),
    })
  })

  test('what is not as expected is named: metric, window, group, measure, got and expected', async () => {
    const folder = await changed(
      ['minutes: 19.75', 'minutes: 20'],
      ['group: { hoverboard_id: 2 }', 'group: { hoverboard_id: 3 }'],
      ['id: t3, detail', 'id: t9, detail'],
      ['duplicates: 2', 'duplicates: 3'],
    )
    const [one] = await readTests(folder, pipeline)
    const settings = {
      epochLength: 3_600_000,
      horizon: 24,
      timeBounds: { ahead: 86_400_000, behind: Infinity },
    }
    const failures = await one!.run({ pipeline, settings, folder: join(root, 'world') })
    const window = 'window 2026-01-31T09:00:00Z'
    expect(failures).toEqual([
      'rejected: got none, expected {"id":"t9","detail":"trip_duration"}',
      expect.stringMatching(/^rejected: got \{"id":"t3","code":"schema_violation",.*\}, expected none$/),
      `trips_hourly, ${window}, group {"hoverboard_id":1}, minutes: got 19.75, expected 20`,
      `trips_hourly, ${window}, group {"hoverboard_id":3}: got no row, expected {"trips":1,"minutes":12.5}`,
      expect.stringMatching(
        /^trips_hourly, .* group \{"hoverboard_id":2\}: got \{"trips":1,.*\}, expected no row$/,
      ),
      'duplicates: got 2, expected 3',
    ])
  })

  test('layers that disagree are told, whatever is expected', () => {
    const row = (orders: number) => ({
      window: '2026-01-31T09:00:00Z',
      group: { country: 'DE' },
      values: { orders },
    })
    expect(compareLayers('orders_hourly', [row(2)], [row(2)])).toEqual([])
    expect(compareLayers('orders_hourly', [row(2)], [row(3)])).toEqual([
      'orders_hourly, window 2026-01-31T09:00:00Z, group {"country":"DE"}: the layers disagree: speed {"orders":2}, batch {"orders":3}',
    ])
    expect(compareLayers('orders_hourly', [], [row(3)])).toHaveLength(1)
    expect(compareLayers('orders_hourly', [row(3)], [])).toHaveLength(1)
  })

  test.each([
    [
      '    trips_hourly:',
      '    trips_hourl:',
      'the metric "trips_hourl" is not known; did you mean "trips_hourly"?',
    ],
    ['window: 2026-01-31T09:00:00Z', 'window: 2026-01-31T09:05:00Z', 'starts at 2026-01-31T09:00:00Z'],
    ['window: 2026-01-31T09:00:00Z', 'window: noon', 'give the start of a window'],
    ['minutes: 19.75', 'minuts: 19.75', 'the measure "minuts" is not known; did you mean "minutes"?'],
    [
      '{ hoverboard_id: 1 }',
      '{ board: 1 }',
      'the group\'s field "board" is not known; there are hoverboard_id',
    ],
    ['\nexpect:', '\nexpects:', '"expects" is not known; did you mean "expect"?'],
    ['\nevents:', '\nevent:', 'it has none of "events", which says what is tested'],
    ['received: 2026-01-31T12:30', 'received: 2026-01-31T10:30', 'before 2026-01-31T11:30:00Z'],
    ['duplicates: 2', 'duplicates: two', 'expect.duplicates is "two"'],
  ])('%s, written as %s, is refused by name', async (from, to, said) => {
    expect(await refusal(from, to)).toContain(said)
  })

  test('a window shorter than declared, and one that is none, are refused by name', async () => {
    const rows = (window: string) =>
      refusal(
        '    trips_hourly:\n',
        `    trips_hourly:\n      window: ${window}\n      rows: []\n    fleet_minutely:\n`,
      )
    expect(await rows('minute')).toContain(
      'the window "minute" is shorter than declared; there are hour, day',
    )
    expect(await rows('fortnight')).toContain('the window "fortnight" is not known')
  })

  test('a file that is no test is refused, and the pipeline is loaded with its tests', async () => {
    const beside = await mkdtemp(join(root, 'beside-'))
    for (const name of ['core', 'node_modules', 'package.json'])
      await symlink(join(FOLDER, '..', name), join(beside, name))
    await cp(FOLDER, join(beside, 'pipeline'), { recursive: true })
    await writeFile(join(beside, 'pipeline', 'tests', 'trips.yaml'), 'events: []')
    const declared = await loadPipeline(join(beside, 'pipeline'))
    await expect(readTests(join(beside, 'pipeline'), declared)).rejects.toThrow(
      'pipeline/tests/trips.yaml: is no test; call it ….test.yaml',
    )
  })
})
