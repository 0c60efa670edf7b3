import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { padSequence } from '../../core/data/position.ts'
import type { StreamRecord } from '../../core/ports/stream/stream.ts'
import {
  type EmbeddedPaths,
  embeddedPaths,
  openLaneEngines,
  openMarkers,
} from '../../drivers/compose/embedded.ts'
import { loadPipeline } from '../../drivers/pipeline/folder.ts'
import { readState } from '../../drivers/raw/delivery-state.ts'
import { openLog } from '../../drivers/stream/log/log.ts'
import { openLogReader } from '../../drivers/stream/log/reader.ts'
import { examine } from '../../local/damage/examine.ts'
import { requireIntact } from '../../local/damage/require-intact.ts'
import { takeDataFolder } from '../../local/data-folder.ts'
import { writeLanes } from '../../local/stream/lanes/lanes-file.ts'
import { startRawDelivery } from '../../local/stream/raw-delivery.ts'
import { SAMPLE } from '../declared.ts'
import { eventOf } from './traffic.ts'

const EPOCH_LENGTH = 2000
const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

/** Records of one event each; flights, whose contract the sample has. */
function recordOf(n: number): StreamRecord {
  const epoch = Math.floor(Date.now() / EPOCH_LENGTH) * EPOCH_LENGTH
  const event = eventOf(2 * n)
  const receipt = `${Date.now()}-damage-0000000-${String(n).padStart(3, '0')}`
  const stamp = `{"tbreceipt":"${receipt}","tbepoch":${epoch},"tbtime":${Date.parse(event.time)},"tbpartition":0,`
  return {
    partition: 0,
    type: event.type,
    epoch,
    count: 1,
    data: `${stamp}${JSON.stringify(event).slice(1)}\n`,
  }
}

/** A folder whose first ten records are in the raw lake, and whose last ten are in the log alone. */
async function halfDelivered(): Promise<{ data: string; paths: EmbeddedPaths }> {
  const data = await mkdtemp(join(tmpdir(), 'tributary-loss-'))
  folders.push(data)
  const paths = embeddedPaths(data)
  const log = await openLog({ dir: paths.log, epochLength: EPOCH_LENGTH, minFreeBytes: 0 })
  await log.stream.put(Array.from({ length: 10 }, (_, n) => recordOf(n)))
  const reader = openLogReader(paths.log, log.shared)
  const { lake, rawDelivery: statePath } = paths
  const delivery = startRawDelivery({ reader, shared: log.shared, lake, statePath, report: () => undefined })
  await delivery.drain(5000)
  await delivery.stop()
  await log.stream.put(Array.from({ length: 10 }, (_, n) => recordOf(10 + n)))
  reader.close()
  const crashed = await mkdtemp(join(tmpdir(), 'tributary-loss-'))
  folders.push(crashed)
  await cp(data, crashed, { recursive: true })
  await log.close()
  return { data: crashed, paths: embeddedPaths(crashed) }
}

const doctor = (data: string, acceptLoss = false) =>
  examine({
    settings: { data, pipeline: SAMPLE, epochLength: EPOCH_LENGTH, lanes: 1, dedupeHorizon: { epochs: 100 } },
    acceptLoss,
    tell: () => undefined,
  })

async function rawLines({ lake }: EmbeddedPaths): Promise<number> {
  const names = (await readdir(lake, { recursive: true }))
    .map(String)
    .filter(name => name.endsWith('.ndjson'))
  const texts = await Promise.all(names.map(name => readFile(join(lake, name), 'utf8')))
  return texts.join('').split('\n').length - 1
}

async function openAgain(paths: EmbeddedPaths) {
  const reached = await requireIntact(paths)
  return openLog({ dir: paths.log, epochLength: EPOCH_LENGTH, minFreeBytes: 0, reached })
}

const segment = async ({ log }: EmbeddedPaths) =>
  join(log, (await readdir(log)).find(name => name.endsWith('.log'))!)

test('a lost end of the log is named at the start, and doctor changes nothing before the loss is accepted', async () => {
  const { data, paths } = await halfDelivered()
  const { position } = (await readState(paths.rawDelivery))!
  await truncate(await segment(paths), position + 40)
  await expect(openAgain(paths)).rejects.toMatchObject({ code: 'corrupt_data' })
  const found = await doctor(data)
  expect(found).toMatchObject([{}, { isLeft: true, outcome: expect.stringContaining('--accept-loss') }])
  await expect(openAgain(paths)).rejects.toMatchObject({ code: 'corrupt_data' })

  const accepted = await doctor(data, true)
  expect(accepted.map(({ isLeft }) => isLeft)).toEqual([false])
  const log = await openAgain(paths)
  expect(log.shared[0]).toBeGreaterThanOrEqual(BigInt(position))
  const epochs = await log.ledger.epochs(undefined)
  expect(epochs.flatMap(({ accepted }) => Object.values(accepted)).reduce((a, b) => a + b, 0)).toBe(10)
  expect(await rawLines(paths)).toBe(10)
  await log.close()
})

test('a lost end of the log that the raw lake has is no loss: the log goes on behind it', async () => {
  const { data, paths } = await halfDelivered()
  await doctor(data) // delivers the rest
  const end = (await readState(paths.rawDelivery))!.position
  await truncate(await segment(paths), end - 5)
  await expect(openAgain(paths)).rejects.toMatchObject({ code: 'corrupt_data' })
  const found = await doctor(data)
  expect(found).toMatchObject([{ isLeft: false, outcome: expect.stringContaining('the raw lake has') }])
  const log = await openAgain(paths)
  expect(await log.stream.put([recordOf(20)])).toEqual([{ kind: 'stored' }])
  expect(await rawLines(paths)).toBe(20)
  await log.close()
})

test('damage in the log before what raw has delivered is mended by beginning it anew', async () => {
  const { data, paths } = await halfDelivered()
  const path = await segment(paths)
  const bytes = await readFile(path)
  bytes[60]! ^= 4
  await writeFile(path, bytes)
  expect((await doctor(data)).map(({ isLeft }) => isLeft)).toEqual([false, false])
  expect(await rawLines(paths)).toBe(20)
  await (await openAgain(paths)).close()
})

/** What a run leaves of the speed layer, having claimed ids and counted up to a place of the log. */
async function countThrough(paths: EmbeddedPaths, place: number, hasNotes = true): Promise<void> {
  const markers = await openMarkers(paths, { epochLength: EPOCH_LENGTH, dedupeHorizon: 100 })
  const claim = { key: `id ${place}`, epoch: 0, sequence: padSequence(String(place)), index: 0, receipt: '' }
  await markers.claim([claim])
  await markers.checkpoint()
  const lane = openLaneEngines(paths, await loadPipeline(SAMPLE), 0, 1)
  await lane.checkpoint.save(place, hasNotes ? markers.durable() : undefined)
  await lane.close()
  await markers.close()
  await writeLanes(paths, { lanes: 1, since: {} })
}

async function expectMended(data: string, paths: EmbeddedPaths): Promise<void> {
  await expect(openAgain(paths)).rejects.toMatchObject({
    code: 'corrupt_data',
    message: expect.stringMatching(/markers is damaged: .*npx tributary doctor/),
  })
  expect(await doctor(data)).toMatchObject([{ file: 'markers', isLeft: false }])
  await (await openAgain(paths)).close()
  expect(await doctor(data)).toEqual([])
}

test.each([
  ['with', true],
  ['as an earlier version left it, without', false],
])(
  'a start without the ids of counted events is refused until doctor has made them (%s notes of them)',
  async (_, hasNotes) => {
    const { data, paths } = await halfDelivered()
    await doctor(data)
    await countThrough(paths, 1, hasNotes)
    await (await openAgain(paths)).close()
    await rm(paths.markers, { recursive: true })
    await expectMended(data, paths)
    await countThrough(paths, 1, hasNotes)
    for (const name of await readdir(paths.markers)) await rm(join(paths.markers, name))
    await expectMended(data, paths)
  },
)

test('ids of an older copy of the folder, or of another folder, are no ids of what was counted', async () => {
  const { data, paths } = await halfDelivered()
  await doctor(data)
  await countThrough(paths, 1)
  const older = `${data}-older`
  folders.push(older)
  await cp(paths.markers, older, { recursive: true })
  await countThrough(paths, 2)
  await (await openAgain(paths)).close()
  const put = async (markers: string) => {
    await rm(paths.markers, { recursive: true })
    await cp(markers, paths.markers, { recursive: true })
  }
  await put(older)
  await expectMended(data, paths)
  const another = await halfDelivered()
  await countThrough(another.paths, 1)
  for (const place of [2, 3, 4]) await countThrough(another.paths, place)
  await countThrough(paths, 2)
  await put(another.paths.markers)
  await expectMended(data, paths)
})

test('ids that are newer than what was counted, as a crash leaves them, are right', async () => {
  const { data, paths } = await halfDelivered()
  await doctor(data)
  await countThrough(paths, 1)
  const counted = `${data}-counted`
  folders.push(counted)
  await cp(paths.realTime, counted, { recursive: true })
  await countThrough(paths, 2)
  await rm(paths.realTime, { recursive: true })
  await cp(counted, paths.realTime, { recursive: true })
  await (await openAgain(paths)).close()
  expect(await doctor(data)).toEqual([])
})

test('doctor refuses a folder that no platform was started with, and leaves it as it is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-loss-'))
  folders.push(folder)
  await expect(doctor(folder)).rejects.toMatchObject({
    code: 'invalid_setting',
    message: expect.stringMatching(/is no data folder.*TRIBUTARY_DATA/),
  })
  await writeFile(join(folder, 'settings.json'), '{"editor.tabSize":2}')
  await expect(doctor(folder)).rejects.toMatchObject({ code: 'invalid_setting' })
  await expect(doctor(join(folder, 'none'))).rejects.toMatchObject({ code: 'invalid_setting' })
  expect(await readdir(folder)).toEqual(['settings.json'])
  expect(await readFile(join(folder, 'settings.json'), 'utf8')).toBe('{"editor.tabSize":2}')
})

test('a copy in the raw lake, and a folder of one, are named and left as they are', async () => {
  const { data, paths } = await halfDelivered()
  await doctor(data)
  const [type] = await readdir(join(paths.lake, 'raw'))
  const [epoch] = await readdir(join(paths.lake, 'raw', type!))
  const folder = `raw/${type}/${epoch}`
  const copies = [`lake/${folder} (copy)/0.ndjson`, `lake/${folder}/0 (copy).ndjson`]
  for (const copy of copies) {
    await mkdir(dirname(join(data, copy)), { recursive: true })
    await writeFile(join(data, copy), '{"cut')
  }
  expect(await doctor(data)).toEqual(
    copies.map(file => ({
      ...{ file, isLeft: true },
      problem: expect.any(String),
      outcome: expect.stringContaining('move it out'),
    })),
  )
  expect(await readFile(join(data, copies[0]!), 'utf8')).toBe('{"cut')
})

const FOLDERS = ['log/ledger.json', 'settings.json', 'raw-delivery.json', 'batch/data.mdb', 'development-key']
test.each([
  ...FOLDERS,
  'platform-id',
  'real-time/lanes.json',
  'real-time/of-1/0/data.mdb',
  'declarations.json',
])('a folder in place of %s is named at the start with its remedy, and set aside by doctor', async file => {
  const { data, paths } = await halfDelivered()
  await doctor(data)
  await rm(join(data, file), { recursive: true, force: true })
  await mkdir(join(data, file), { recursive: true })
  await expect(takeDataFolder(data, EPOCH_LENGTH)).rejects.toMatchObject({
    code: 'corrupt_data',
    message: expect.stringMatching(/is damaged: it is a folder; .*npx tributary doctor/),
  })
  const [first, ...others] = await doctor(data)
  expect(first).toMatchObject({
    file,
    isLeft: false,
    outcome: expect.stringContaining('set aside as damaged/'),
  })
  expect(others.every(({ isLeft }) => !isLeft)).toBe(true)
  expect(await doctor(data)).toEqual([])
  await (await takeDataFolder(data, EPOCH_LENGTH)).release()
  await (await openAgain(paths)).close()
  expect(await rawLines(paths)).toBe(20)
})

test('a file in place of a folder is named and set aside as well', async () => {
  const { data } = await halfDelivered()
  await doctor(data)
  await rm(join(data, 'markers'), { recursive: true, force: true })
  await writeFile(join(data, 'markers'), '')
  await expect(takeDataFolder(data, EPOCH_LENGTH)).rejects.toThrow(
    /markers is damaged: it is no folder; .*doctor/,
  )
  expect((await doctor(data))[0]).toMatchObject({ file: 'markers', isLeft: false })
  expect(await doctor(data)).toEqual([])
})
