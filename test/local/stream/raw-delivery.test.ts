import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TributaryError } from '../../../core/errors.ts'
import { rawFolder } from '../../../core/lake/lake-paths.ts'
import { keptMark, keptOfType } from '../../../core/lake/retention-paths.ts'
import { type DurableFiles, machineFiles } from '../../../drivers/files/durable.ts'
import { type Log, openLog } from '../../../drivers/stream/log/log.ts'
import { openLogReader } from '../../../drivers/stream/log/reader.ts'
import { committedEnd, position, releasedByAll } from '../../../drivers/stream/log/shared.ts'
import { type RawDelivery, startRawDelivery } from '../../../local/stream/raw-delivery.ts'
import type { RawDeliveryOptions } from '../../../local/stream/raw-delivery-options.ts'
import { actualLake, differences, EPOCH, expectedLake, someRecords } from './raw-lake.ts'

let root: string
let log: Log
const closing: (() => unknown)[] = []
const reports: TributaryError[] = []

beforeEach(async () => {
  reports.length = 0
  root = await mkdtemp(join(tmpdir(), 'tributary-raw-'))
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await rm(root, { recursive: true })
})

const open = async (): Promise<void> => {
  log = await openLog({ dir: join(root, 'log'), epochLength: EPOCH, minFreeBytes: 0 })
  const opened = log
  closing.push(() => opened.close())
}
const deliver = (options: Partial<RawDeliveryOptions> = {}): RawDelivery => {
  const reader = openLogReader(join(root, 'log'), log.shared)
  const delivery = startRawDelivery({
    reader,
    shared: log.shared,
    lake: join(root, 'lake'),
    statePath: join(root, 'raw-delivery.json'),
    gatherMs: 1,
    idleMs: 5,
    backoff: { baseMs: 1, capMs: 5 },
    report: error => reports.push(error),
    ...options,
  })
  closing.push(async () => {
    await delivery.stop()
    reader.close()
  })
  return delivery
}
const put = async (from: number, to: number): Promise<void> => {
  for (let n = from; n < to; n += 1) await log.stream.put(someRecords(n))
}
const lakeDiffers = async () =>
  differences(await actualLake(join(root, 'lake')), expectedLake(join(root, 'log'), log))
const rawFiles = async () =>
  (await readdir(join(root, 'lake', 'raw'), { recursive: true })).filter(name => name.endsWith('.ndjson'))
const state = async () =>
  JSON.parse((await readFile(join(root, 'raw-delivery.json'), 'utf8')).split('\n')[0]!) as {
    position: number
    open: { type: string; epoch: number }[]
  }

describe('raw delivery', () => {
  it("writes every record's data to its type and epoch, in order, and then releases the log", async () => {
    await open()
    const delivery = deliver()
    await put(0, 60)
    expect(await delivery.drain(5_000)).toBe(true)
    expect(await lakeDiffers()).toEqual([])
    const end = committedEnd(log.shared)
    expect([delivery.position(), position(log.shared, 'raw'), (await state()).position]).toEqual([
      end,
      end,
      end,
    ])
    expect(delivery.stats()).toMatchObject({ state: 'running', records: 60 * 20, failures: 0 })
    for (const name of await rawFiles()) {
      expect(name).toMatch(/^type=[\w.-]+\/epoch=\d{8}T\d{6}Z\/\d{16}\.ndjson$/)
    }
  })

  it('releases nothing that is not recorded', async () => {
    await open()
    const files: DurableFiles = { ...machineFiles, replace: () => Promise.reject(new Error('EROFS')) }
    const before = releasedByAll(log.shared)
    const delivery = deliver({ files })
    await put(0, 5)
    await sleep(50)
    expect(delivery.stats()).toMatchObject({ state: 'retrying', lastError: { code: 'storage_failed' } })
    expect([position(log.shared, 'raw'), releasedByAll(log.shared)]).toEqual([before, before])
  })

  it('makes records durable within the interval while more keep coming', async () => {
    await open()
    const delivery = deliver({ commitIntervalMs: 30, idleMs: 10_000 })
    await put(0, 5)
    const behind = committedEnd(log.shared)
    for (let n = 5; delivery.position() < behind && n < 1_000; n += 1) await put(n, n + 1)
    expect(delivery.position()).toBeGreaterThanOrEqual(behind)
  })

  it('begins a new file once one is large enough, and keeps few files open', async () => {
    await open()
    let now = 0
    let most = 0
    const files: DurableFiles = {
      ...machineFiles,
      async open(path) {
        const file = await machineFiles.open(path)
        most = Math.max(most, ++now)
        const close = () => file.close().finally(() => now--)
        return { ...file, close }
      },
    }
    const delivery = deliver({ rotateBytes: 20_000, maxOpenFiles: 2, files })
    await put(0, 50)
    await delivery.drain(5_000)
    expect(await lakeDiffers()).toEqual([])
    expect((await rawFiles()).length).toBeGreaterThan(30)
    expect(most).toBe(2)
    await delivery.stop()
    expect(now).toBe(0)
  })

  it('ends files that nobody uses, and begins new ones when records come again', async () => {
    await open()
    const delivery = deliver({ endUnusedMs: 200 })
    await put(0, 3)
    await delivery.drain(5_000)
    const before = await rawFiles()
    for (let tries = 0; (await state()).open.length > 0 && tries < 100; tries += 1) await sleep(20)
    await put(0, 3)
    await delivery.drain(5_000)
    expect(await rawFiles()).toHaveLength(2 * before.length)
    expect(await lakeDiffers()).toEqual([])
  })

  it('fails visibly when a type could leave its folder', async () => {
    await open()
    const delivery = deliver()
    await log.stream.put([{ ...someRecords(0)[0]!, type: '../../escape' }])
    expect(await delivery.drain(5_000)).toBe(false)
    expect(delivery.stats()).toMatchObject({ state: 'failed', lastError: { code: 'corrupt_data' } })
  })
})

describe('a restart of raw delivery', () => {
  it('goes on in the files it had, after cutting off and removing what was not recorded', async () => {
    await open()
    const first = deliver()
    await put(0, 10)
    await first.drain(5_000)
    await first.stop()
    const before = await rawFiles()
    for (const name of before) await appendFile(join(root, 'lake', 'raw', name), '{"half":')
    const stray = String((await state()).position).padStart(16, '0')
    const folder = join(root, 'lake', 'raw', 'type=page.view', 'epoch=20200101T000000Z')
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, `${stray}.ndjson`), 'never recorded')
    const second = deliver()
    while (second.position() === 0) await sleep(1)
    expect(await rawFiles()).toEqual(before)
    await rm(folder, { recursive: true })
    expect(await lakeDiffers()).toEqual([])
    await put(0, 10)
    await second.drain(5_000)
    expect(await rawFiles()).toEqual(before)
    expect(await lakeDiffers()).toEqual([])
  })

  it('refuses to go on, and removes nothing, when recorded data is gone', async () => {
    await open()
    const first = deliver()
    await put(0, 3)
    await first.drain(5_000)
    await first.stop()
    const [name] = await rawFiles()
    await writeFile(join(root, 'lake', 'raw', name!), 'short')
    const before = await rawFiles()
    const second = deliver()
    while (second.stats().state === 'running') await sleep(5)
    expect(second.stats()).toMatchObject({ state: 'failed', lastError: { code: 'corrupt_data' } })
    expect(await rawFiles()).toEqual(before)
  })

  it('goes on with no file of an epoch that contracts keep no longer, whether it is still there or gone', async () => {
    await open()
    const first = deliver()
    await put(0, 17)
    await first.drain(5_000)
    await first.stop()
    const [type, lake] = ['flight', join(root, 'lake')]
    const epochs = (await state()).open.filter(file => file.type === type).map(({ epoch }) => epoch)
    expect(epochs).toHaveLength(2)
    const made = Date.now()
    const mark = keptMark({ owner: keptOfType(type), kind: 'raw', since: epochs[1]!, made })
    await mkdir(join(lake, keptOfType(type)), { recursive: true })
    await writeFile(join(lake, mark), '')
    const second = deliver()
    while (second.position() === 0) await sleep(1)
    expect((await state()).open.filter(file => file.type === type)).toMatchObject([{ epoch: epochs[1] }])
    expect(await lakeDiffers()).toEqual([])
    await second.stop()
    await rm(join(lake, rawFolder(type, epochs[0]!)), { recursive: true })
    const third = deliver()
    await put(16, 17)
    expect(await third.drain(5_000)).toBe(true)
    expect(third.stats()).toMatchObject({ state: 'running', failures: 0 })
  })

  it.each(['the state is lost', 'the log is another'])('removes no raw file when %s', async what => {
    await open()
    const first = deliver()
    await put(0, 3)
    await first.drain(5_000)
    await first.stop()
    const before = await rawFiles()
    if (what === 'the state is lost') await rm(join(root, 'raw-delivery.json'))
    else {
      await closing.pop()?.()
      await closing.pop()?.()
      await rm(join(root, 'log'), { recursive: true })
      await open()
    }
    const second = deliver()
    while (second.stats().state === 'running') await sleep(5)
    expect(second.stats()).toMatchObject({ state: 'failed', lastError: { code: 'corrupt_data' } })
    expect(await rawFiles()).toEqual(before)
  })
})

describe('a failing disk', () => {
  /** Every operation fails now and then; a write may have written a part of its bytes. */
  const flaky = (fails: (what: string) => boolean): DurableFiles => {
    const failIf = async (what: string) => {
      if (fails(what)) throw Object.assign(new Error(`ENOSPC: ${what}`), { code: 'ENOSPC' })
    }
    return {
      ...machineFiles,
      async open(path) {
        await failIf('open')
        const file = await machineFiles.open(path)
        return {
          ...file,
          async write(buffers, at) {
            if (fails('write')) {
              await file.write([Buffer.concat(buffers).subarray(0, 10)], at)
              await failIf('write')
              throw new Error('EIO')
            }
            await file.write(buffers, at)
          },
          sync: () => failIf('sync').then(() => file.sync()),
          truncate: length => failIf('truncate').then(() => file.truncate(length)),
        }
      },
      syncFolder: path => failIf('syncFolder').then(() => machineFiles.syncFolder(path)),
      replace: (path, text) => failIf('replace').then(() => machineFiles.replace(path, text)),
      remove: path => failIf('remove').then(() => machineFiles.remove(path)),
    }
  }

  it.each(['open', 'write', 'sync', 'syncFolder', 'replace', 'truncate', 'remove', 'anything'])(
    'loses and repeats nothing when %s fails now and then',
    async what => {
      await open()
      let calls = 0
      let failures = 0
      const fails = (op: string) =>
        (op === what || what === 'anything') && ++calls % 5 === 2 && ++failures <= 15
      const options = { files: flaky(fails), commitIntervalMs: 1, rotateBytes: 30_000, maxOpenFiles: 4 }
      const delivery = deliver(options)
      for (let n = 0; n < 40; n += 1) {
        await put(n, n + 1)
        await sleep(1)
      }
      expect(await delivery.drain(10_000)).toBe(true)
      expect(await lakeDiffers()).toEqual([])
      if (what !== 'truncate' && what !== 'remove') expect(delivery.stats().failures).toBeGreaterThan(0)
    },
  )

  it('stands still while the disk is full, and goes on when there is room', async () => {
    await open()
    let full = true
    const delivery = deliver({ files: flaky(what => full && what === 'write') })
    await put(0, 10)
    await sleep(40)
    const before = committedEnd(log.shared) - position(log.shared, 'raw')
    expect(before).toBeGreaterThan(100_000)
    expect(delivery.stats().state).toBe('retrying')
    full = false
    expect(await delivery.drain(5_000)).toBe(true)
    expect(delivery.stats()).toMatchObject({ state: 'running', lastError: undefined })
    expect(await lakeDiffers()).toEqual([])
  })
})

it('holds byte for byte what the log holds, after being killed at any moment', async () => {
  const child = join(import.meta.dirname, 'raw-delivery-child.ts')
  for (let round = 0; round < 14; round += 1) {
    const running = spawn(process.execPath, [child, root], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    running.stdout.on('data', text => {
      said += String(text)
    })
    const exited = once(running, 'exit')
    await once(running.stdout, 'data')
    await sleep(Math.random() * 250)
    running.kill('SIGKILL')
    await exited
    expect(said).toBe('ready\n')
  }
  await open()
  const delivery = deliver({ rotateBytes: 60_000 })
  expect(await delivery.drain(10_000)).toBe(true)
  expect(await lakeDiffers()).toEqual([])
  expect(committedEnd(log.shared)).toBeGreaterThan(1_000_000)
})
