/** The process that the kill -9 test kills: claims new ids for ever and prints how many are durable. */
import { openMarkerTable } from '../../../../drivers/markers/table/table.ts'

const folder = process.argv[2]!
const epoch = Date.UTC(2026, 0, 1)
const table = await openMarkerTable({ folder, horizon: 3, epochLength: 3_600_000, capacity: 500 })
for (let count = 0; ; count += 50) {
  const claims = Array.from({ length: 50 }, (_, i) => {
    const sequence = String(1 + Math.floor((count + i) / 5)).padStart(56, '0')
    return { key: `id-${count + i}`, epoch, sequence, index: (count + i) % 5, receipt: '' }
  })
  await table.claim(claims)
  await table.checkpoint()
  process.stdout.write(`${count + 50}\n`)
}
