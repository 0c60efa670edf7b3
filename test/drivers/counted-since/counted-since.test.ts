import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { embeddedPaths } from '../../../drivers/compose/embedded.ts'
import { createDynamodbCountedSince } from '../../../drivers/counted-since/dynamodb.ts'
import { withCheck } from '../../../drivers/files/checked-text.ts'
import { openCountedSince } from '../../../local/stream/lanes/counted-since.ts'
import { lanesPath, readLanes, writeLanes } from '../../../local/stream/lanes/lanes-file.ts'
import { describeOnDynamodb } from '../../engines/dynamodb.ts'

describe('the note of one machine', () => {
  let data: string
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'counted-since-'))
  })
  afterEach(() => rm(data, { recursive: true, force: true }))

  test('holds what a start sees for the first time, and forgets what is not declared any more', async () => {
    const paths = embeddedPaths(data)
    await writeLanes(paths, { lanes: 2, since: { a: 0, b: 0 } })
    const first = await openCountedSince(paths, ['a', 'c'], 30)
    expect([...(await first.list())]).toEqual([
      ['a', 0],
      ['c', 30],
    ])
    await first.note(new Map([['c', 10]]))
    expect(await readLanes(paths)).toEqual({ lanes: 2, since: { a: 0, c: 10 } })
    const second = await openCountedSince(paths, ['a', 'b', 'c'], 50)
    expect((await second.list()).get('b')).toBe(50)
    expect((await second.list()).get('c')).toBe(10)
  })

  test('of an earlier version says nothing of any metric, so that all are filled once', async () => {
    const paths = embeddedPaths(data)
    await writeLanes(paths, { lanes: 1, since: {} })
    await writeFile(lanesPath(paths), withCheck(JSON.stringify({ lanes: 1 })))
    const note = await openCountedSince(paths, ['a'], 30)
    expect([...(await note.list())]).toEqual([['a', 30]])
  })

  test('that is damaged is refused by name', async () => {
    const paths = embeddedPaths(data)
    await writeLanes(paths, { lanes: 2, since: { a: 12_345 } })
    const text = await readFile(lanesPath(paths), 'utf8')
    await writeFile(lanesPath(paths), text.replace('12345', '12344'))
    await expect(openCountedSince(paths, ['a'], 30)).rejects.toMatchObject({
      code: 'corrupt_data',
      message: expect.stringContaining('lanes.json'),
    })
  })
})

describeOnDynamodb('DynamoDB', dynamodb => {
  test('a note that is changed by several at the same time loses none of the changes', async () => {
    const options = { client: dynamodb.client, table: await dynamodb.createTable('control') }
    const note = createDynamodbCountedSince(options)
    expect((await note.list()).size).toBe(0)
    await Promise.all(
      [1, 2, 3, 4].map(n => createDynamodbCountedSince(options).note(new Map([[`m${n}`, n]]))),
    )
    expect([...(await note.list())].sort()).toEqual([1, 2, 3, 4].map(n => [`m${n}`, n]))
    await note.change(since => new Map([...since].filter(([, epoch]) => epoch > 2)))
    expect([...(await note.list()).keys()].sort()).toEqual(['m3', 'm4'])
  })
})
