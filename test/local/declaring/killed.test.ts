import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { type PlatformProcess, startPlatformProcess } from '../../../bench/platform-process.ts'
import {
  BY_RIDER,
  createFolders,
  expectCounts,
  expectPublished,
  nextEpoch,
  RIDES,
  ride,
} from './pipelines.ts'

const EPOCH = 20_000
const KILLS = 3
/** After the line that says it is ready, ms: a fill of so few events takes about as long. */
const LATEST_KILL = 250

let platform: PlatformProcess | undefined
const folders = await createFolders()
afterEach(async () => {
  await platform?.stop('SIGKILL')
  await folders.dispose()
})

test('a process killed while it fills a metric fills it at its next start, and counts nothing twice', async () => {
  let sent = 0
  const start = async (metrics: Parameters<typeof folders.pipeline>[0], lanes: number) => {
    const settings = {
      TRIBUTARY_PIPELINE: await folders.pipeline(metrics),
      TRIBUTARY_EPOCH: `${EPOCH / 1000}s`,
      TRIBUTARY_LANES: String(lanes),
    }
    platform = await startPlatformProcess(settings, folders.data)
  }
  const send = async (count: number) => {
    const events = Array.from({ length: count }, (_, i) => ride(sent + i))
    const { status } = await fetch(`http://127.0.0.1:${platform!.port}/v1/events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${platform!.key}`,
        'content-type': 'application/cloudevents-batch+json',
      },
      body: JSON.stringify(events),
    })
    expect(status).toBe(202)
    sent += count
  }
  await start([RIDES], 2)
  const epoch = await nextEpoch(EPOCH)
  for (let i = 0; i < 10; i++) await send(200)
  for (let kill = 0; kill < KILLS; kill++) {
    await platform!.stop('SIGKILL')
    await start([RIDES, BY_RIDER], 1 + (kill % 2))
    await send(200)
    await sleep((LATEST_KILL * kill) / KILLS)
  }
  await platform!.stop('SIGKILL')
  await start([RIDES, BY_RIDER], 2)
  const get = <T>(path: string) => platform!.get<T>(path)
  await expectCounts(get, BY_RIDER, sent)
  await expectCounts(get, RIDES, sent)
  await expectPublished(get, [RIDES, BY_RIDER], epoch)
  await expectCounts(get, BY_RIDER, sent)
}, 180_000)
