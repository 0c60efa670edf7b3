/**
 * Puts records into a log and delivers them to a raw lake until it is killed: `node raw-delivery-child.ts
 * <folder>`.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openLog } from '../../../drivers/stream/log/log.ts'
import { openLogReader } from '../../../drivers/stream/log/reader.ts'
import { startRawDelivery } from '../../../local/stream/raw-delivery.ts'
import { EPOCH, someRecords } from './raw-lake.ts'

const root = process.argv[2]!
const dir = join(root, 'log')
const log = await openLog({ dir, epochLength: EPOCH, minFreeBytes: 0 })
startRawDelivery({
  reader: openLogReader(dir, log.shared),
  shared: log.shared,
  lake: join(root, 'lake'),
  statePath: join(root, 'raw-delivery.json'),
  commitIntervalMs: 15,
  gatherMs: 1,
  rotateBytes: 60_000,
  maxOpenFiles: 3,
  report: error => process.stdout.write(`failed: ${error.message}\n`),
})
process.stdout.write('ready\n')
for (let n = Math.floor(Math.random() * 1_000); ; n += 1) {
  await log.stream.put(someRecords(n))
  await sleep(n % 3)
}
