import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Allowance, Allowances } from '../../../core/ports/callers/allowances.ts'
import { createDynamodbAllowances } from '../../../drivers/allowances/dynamodb.ts'
import { openFileAllowances } from '../../../drivers/allowances/file.ts'
import { createMemoryAllowances } from '../../../drivers/allowances/memory.ts'
import { awsFault, intercept } from '../../engines/aws-faults.ts'
import { describeOnDynamodb } from '../../engines/dynamodb.ts'

const DAY: Allowance = { of: 'events', most: 10, windowMs: 86_400_000 }
const NOON = Date.UTC(2026, 0, 31, 12)

function contract(open: () => Allowances | Promise<Allowances>): void {
  it('takes until nothing is left, all of an amount or nothing, for each key and window by itself', async () => {
    const allowances = await open()
    const take = (amount: number, key = 'a', now = NOON) => allowances.take(key, DAY, amount, now)
    expect(await take(7)).toBe(3)
    expect(await take(4)).toBeUndefined()
    expect(await take(3)).toBe(0)
    expect(await take(1)).toBeUndefined()
    expect(await take(11, 'b')).toBeUndefined()
    expect(await take(10, 'b')).toBe(0)
    expect(await allowances.take('a', { ...DAY, of: 'requests' }, 1, NOON)).toBe(9)
    expect(await take(10, 'a', NOON + 86_400_000)).toBe(0)
  })

  it('gives many at once no more than there is', async () => {
    const allowances = await open()
    const all = await Promise.all(Array.from({ length: 25 }, () => allowances.take('a', DAY, 1, NOON)))
    expect(all.filter(left => left !== undefined)).toHaveLength(10)
  })
}

describe('allowances in memory', () => contract(() => createMemoryAllowances()))

describe('allowances in a file', () => {
  it('go on after a restart, and begin anew where the file is damaged, which is told', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tributary-allowances-'))
    const told: unknown[] = []
    const open = () => openFileAllowances({ folder, report: failure => void told.push(failure) })
    const first = await open()
    await first.take('a', DAY, 6, NOON)
    await first.take('a', DAY, 1, NOON)
    await first.close()
    const second = await open()
    expect(await second.take('a', DAY, 4, NOON)).toBeUndefined()
    expect(await second.take('a', DAY, 3, NOON)).toBe(0)
    await second.close()
    await writeFile(join(folder, 'allowances.json'), '{"events a":')
    const third = await open()
    expect(await third.take('a', DAY, 4, NOON)).toBe(6)
    expect(told).toHaveLength(1)
    await third.close()
    await rm(folder, { recursive: true })
  })
})

describeOnDynamodb('allowances on DynamoDB', dynamodb => {
  contract(async () =>
    createDynamodbAllowances({ client: dynamodb.client, table: await dynamodb.createTable('control') }),
  )

  it('fail by the failure of AWS where the table cannot be asked', async () => {
    const client = intercept(dynamodb.newClient(), async () => {
      throw awsFault('ProvisionedThroughputExceededException')
    })
    const allowances = createDynamodbAllowances({ client, table: 'x' })
    await expect(allowances.take('a', DAY, 1, NOON)).rejects.toMatchObject({ code: 'overloaded' })
  })
})
