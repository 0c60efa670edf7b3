import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ManagedKey } from '../../../core/access/managed-key.ts'
import { readKeys } from '../../../core/access/read-keys.ts'
import { createDynamodbKeys } from '../../../drivers/keys/managed/dynamodb.ts'
import { FILE, openFileKeys } from '../../../drivers/keys/managed/file.ts'
import { createRememberedRing } from '../../../drivers/keys/managed/remembered-ring.ts'
import { describeManagedKeys, madeKey } from '../../contracts/managed-keys.ts'
import { describeOnDynamodb } from '../../engines/dynamodb.ts'

const newFolder = () => mkdtemp(join(tmpdir(), 'keys-'))

describeManagedKeys('a file', async most => {
  const folder = await newFolder()
  const keys = await openFileKeys({ folder, ...(most && { most }), changed: () => undefined })
  return { keys, dispose: () => rm(folder, { recursive: true }) }
})

test('keys are in the file before they are told of, for its owner alone, and there after a crash', async () => {
  const folder = await newFolder()
  const told: (readonly ManagedKey[])[] = []
  const keys = await openFileKeys({ folder, changed: now => told.push(now) })
  await Promise.all([keys.add(madeKey('shop')), keys.add(madeKey('bi'))])
  // Nothing is closed: a process that is killed closes nothing either.
  expect((await stat(join(folder, FILE))).mode & 0o777).toBe(0o600)
  const again = await openFileKeys({ folder, changed: now => told.push(now) })
  expect(await again.list()).toEqual([madeKey('bi'), madeKey('shop')])
  expect(told.map(now => now.length)).toEqual([0, 1, 2, 2])
  await again.remove('bi')
  expect((await (await openFileKeys({ folder, changed: () => undefined })).list()).length).toBe(1)
  await rm(folder, { recursive: true })
})

test('a file of keys that was damaged stops the start, and is never taken for one without keys', async () => {
  const folder = await newFolder()
  const keys = await openFileKeys({ folder, changed: () => undefined })
  await keys.add(madeKey('shop'))
  const path = join(folder, FILE)
  await writeFile(path, (await readFile(path, 'utf8')).replace('"all"', '"ALL"'))
  await expect(openFileKeys({ folder, changed: () => undefined })).rejects.toThrow(/keys\.json/)
  await rm(folder, { recursive: true })
})

describeOnDynamodb('DynamoDB', dynamodb => {
  const open = async (most?: number) => {
    const table = await dynamodb.createTable('control')
    return createDynamodbKeys({ client: dynamodb.client, table, ...(most && { most }) })
  }
  describeManagedKeys('DynamoDB', async most => ({ keys: await open(most), dispose: async () => {} }))

  test('the ring of a function has a new key, and has lost a revoked one, within two seconds; it stays the same otherwise', async () => {
    const made = await open()
    let now = 1_000_000
    const failures: unknown[] = []
    const set = readKeys('admin:set')
    const options = {
      set: async () => set,
      made,
      now: () => now,
      report: (one: unknown) => failures.push(one),
    }
    const ring = createRememberedRing(options)
    expect((await ring()).find('shop', now)).toBeUndefined()
    await made.add(madeKey('shop'))
    now += 2001
    const second = await ring()
    expect([second.find('shop', now)?.name, second.find('set', now)?.isAdmin]).toEqual(['shop', true])
    now += 2001
    expect(await ring()).toBe(second)
    expect((await made.list())[0]?.usedAt).toBe(now - 2001)
    expect(await made.remove('shop')).toBe(true)
    expect((await ring()).find('shop', now)?.name).toBe('shop')
    now += 2001
    expect((await ring()).find('shop', now)).toBeUndefined()
    expect(failures).toEqual([])
  })

  test('keys that cannot be read anew are used on, and that is reported; without any it fails', async () => {
    let now = 0
    const failures: unknown[] = []
    const made = { list: () => Promise.reject(new Error('gone')), used: async () => undefined }
    const set = readKeys('admin:set')
    const ring = createRememberedRing({
      ...{ set: async () => set, made, now: () => now, report: (one: unknown) => failures.push(one) },
    })
    await expect(ring()).rejects.toThrow('gone')
    const list = made.list
    made.list = async () => [] as never
    expect((await ring()).find('set', now)?.isAdmin).toBe(true)
    made.list = list
    now += 2001
    expect((await ring()).find('set', now)?.isAdmin).toBe(true)
    expect(failures).toHaveLength(1)
  })
})
