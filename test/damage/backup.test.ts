import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { embeddedPaths } from '../../drivers/compose/embedded.ts'
import { buildFolder } from './folder.ts'
import { difference, expectedOf } from './judge.ts'
import { doctor, type RunningPlatform, start } from './process.ts'
import { eventOf, rejectedEvent, type SentEvent } from './traffic.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

const DOCUMENT = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'run.md'), 'utf8')

/** What docs/run.md says to copy of a platform that runs. */
const HOT = /^rsync -a (.*) \/backup\/$/m.exec(DOCUMENT)![1]!.split(' ')

describe('a backup as the documentation describes it', () => {
  it('has what nothing else could make again: the id of the platform, and passwords of the warehouse', () => {
    const { platformId, warehousePasswords } = embeddedPaths('')
    const { owner, reader } = warehousePasswords
    expect(HOT).toEqual(expect.arrayContaining(['lake', platformId, owner, reader]))
  })

  it('of a stopped platform is its data folder: a start on the copy goes on where it was', async () => {
    const { data, events, rejected } = await buildFolder(1)
    const original = await running(data)
    await original.stop('SIGTERM')
    const copy = await newFolder()
    await cp(data, copy, { recursive: true })
    folders.push(data)
    // The original may go on beside it.
    const again = await running(data)
    const platform = await running(copy)
    await expectGoingOn(platform, events, rejected)
    await again.stop()
    await platform.stop()
  }, 120_000)

  it('of a running platform is its lake: doctor makes the rest from it, and what was sent meanwhile is sent again', async () => {
    const { data, events, rejected } = await buildFolder(1)
    folders.push(data)
    const original = await running(data)
    await difference(original, await expectedOf(events), 'merged')
    await sleep(1500)
    const meanwhile = Array.from({ length: 400 }, (_, n) => eventOf(n, 'meanwhile'))
    const sending = (async () => {
      for (let n = 0; n < meanwhile.length; n += 20) await original.send(meanwhile.slice(n, n + 20))
    })()
    const copy = await newFolder()
    await copyHot(data, copy)
    await sending
    await original.stop('SIGKILL')
    const repair = await doctor(copy)
    expect(repair, repair.said).toMatchObject({ code: 0 })
    const platform = await running(copy)
    for (let n = 0; n < meanwhile.length; n += 100) await platform.send(meanwhile.slice(n, n + 100))
    await expectGoingOn(platform, [...events, ...meanwhile], rejected)
    await platform.stop()
  }, 120_000)
})

/**
 * Copies with the tool that every system has. It may say of files that are gone under it, and of nothing
 * else: parts of work in hand come and go.
 */
async function copyHot(data: string, copy: string): Promise<void> {
  const paths = HOT.map(name => join(data, name))
  const said = await new Promise<string>(resolve => {
    execFile(
      'cp',
      ['-a', ...paths, copy],
      { env: { PATH: process.env['PATH'], LC_ALL: 'C' } },
      (_, _out, errors) => resolve(errors),
    )
  })
  const others = said.split('\n').filter(line => line !== '' && !line.endsWith('No such file or directory'))
  expect(others).toEqual([])
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-backup-'))
  folders.push(folder)
  return folder
}

async function running(data: string): Promise<RunningPlatform> {
  const started = await start(data)
  if (!started.ready) throw new Error(`the platform did not start: ${started.said}`)
  return started.platform
}

/** Old events are not counted again, new ones are, rejected ones are listed; both layers agree. */
async function expectGoingOn(
  platform: RunningPlatform,
  events: readonly SentEvent[],
  rejected: number,
): Promise<void> {
  const added = Array.from({ length: 30 }, (_, n) => eventOf(n, 'after'))
  expect(await platform.send([...events.slice(0, 40), ...events.slice(-40), ...added])).toBe(202)
  await platform.send([rejectedEvent(1000)])
  const expected = await expectedOf([...events, ...added])
  expect(await difference(platform, expected, 'merged')).toBeUndefined()
  expect(await difference(platform, expected, 'batch')).toBeUndefined()
  const list = await platform.get<{ events: unknown[] }>('/v1/rejected?limit=1000')
  expect(list.events).toHaveLength(rejected + 1)
}
