import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PlatformProcess, startPlatformProcess } from '../../../bench/platform-process.ts'
import type { SparkSql } from '../../../drivers/lake/spark/process.ts'
import { orReason } from '../downloads.ts'
import { childrenReading } from './children.ts'
import { sparkHere } from './spark-here.ts'

const spark = await orReason('Spark', sparkHere)

describe.skipIf('reason' in spark)('a platform whose epochs go to Spark', () => {
  let platform: PlatformProcess
  const settings = () => {
    const { master } = spark as SparkSql
    return {
      ...{ TRIBUTARY_EPOCH: '2s', TRIBUTARY_WAREHOUSE: 'off', TRIBUTARY_LARGEST_EPOCH: '1000' },
      ...{ TRIBUTARY_SPARK: master, TRIBUTARY_PIPELINE: join(import.meta.dirname, '../../readers/pipeline') },
    }
  }

  beforeAll(async () => {
    platform = await startPlatformProcess(settings())
  })
  afterAll(async () => {
    await platform?.stop()
    platform?.dispose()
  })

  test('that is killed in the middle leaves no Spark behind, and publishes the same numbers after its start', async () => {
    await send(50)
    const aside = join(platform.data, 'lake/.aside')
    await until(async () => (await childrenReading(aside)).length > 0)
    await platform.stop('SIGKILL')
    await until(async () => (await childrenReading(aside)).length === 0)
    platform = await startPlatformProcess(settings(), platform.data)
    await until(async () => (await published()) === 50)
    expect((await readdir(aside)).filter(name => name.startsWith('spark-')).length).toBeLessThanOrEqual(1)
    const { runs } = await platform.get<{ runs: readonly { id: string }[] }>('/v1/runs')
    const reports = await Promise.all(runs.map(({ id }) => platform.get(`/v1/runs/${id}`)))
    expect(JSON.stringify(reports)).toContain('"engine":{"com.example.click":"spark: ')
  })

  async function send(n: number): Promise<void> {
    const events = Array.from({ length: n }, (_, i) => ({
      ...{ specversion: '1.0', id: `e${i}`, source: '/spark', type: 'com.example.click' },
      time: '2026-01-31T12:05:00Z',
      data: { who: `w${i}`, n: i },
    }))
    const response = await fetch(`http://127.0.0.1:${platform.port}/v1/events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${platform.key}`,
        'content-type': 'application/cloudevents-batch+json',
      },
      body: JSON.stringify(events),
    })
    expect(response.status).toBe(202)
  }

  type Answer = { readonly rows: readonly { readonly values: { readonly n: number } }[] }
  const published = async () =>
    (await platform.get<Answer>('/v1/metrics/clicks?layer=batch')).rows[0]?.values.n
})

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isSo()); tries++) {
    if (tries > 1200) throw new Error('it did not come to that')
    await sleep(100)
  }
}
