import fc from 'fast-check'
import { expect, test } from 'vitest'
import { changed, manifestsToRead, type NewFile } from '../../../core/iceberg/change.ts'
import {
  type DataFile,
  type Entry,
  listed,
  type ManifestFile,
  readList,
  readManifest,
  theseEpochs,
  writeList,
  writeManifest,
} from '../../../core/iceberg/manifest.ts'
import { partitionOf, specsOf } from '../../../core/iceberg/partition-spec.ts'
import { newTable } from '../../../core/iceberg/table-metadata.ts'

const HOUR = 3_600_000
const fields = ['event_time', 'epoch'].map((name, i) => ({
  id: i + 1,
  name,
  required: true,
  type: 'timestamptz',
}))
const specs = specsOf(fields, 'event_time')
const metadata = newTable({
  ...{ uuid: 'u', location: 'file:///t', fields, lastId: 2, specs, properties: {}, now: 0 },
})

/** A table of files in memory: what snapshots of it hold. */
function createTable() {
  const stored = new Map<string, Buffer>()
  let manifests: readonly ManifestFile[] = []
  let sequence = 0
  let entriesRead = 0
  let entriesWritten = 0
  const open = (named: ManifestFile) => readManifest(stored.get(named.manifest_path)!, named)
  return {
    replace(epochs: readonly number[], files: readonly NewFile[]) {
      sequence++
      const micros = theseEpochs(epochs)
      const opened = new Map(manifestsToRead(manifests, specs, micros).map(each => [each, open(each)]))
      const after = changed(manifests, opened, { epochs: micros, files }, BigInt(sequence))
      const written = after.written.map((manifest, i) => {
        const spec = specs.find(each => each['spec-id'] === manifest.spec)!
        const bytes = writeManifest(metadata, spec, manifest)
        const uri = `m${sequence}-${i}`
        stored.set(uri, bytes)
        entriesWritten += manifest.entries.length
        return listed({ uri, bytes: bytes.length, spec }, manifest.entries, {
          id: BigInt(sequence),
          sequence,
        })
      })
      for (const { entries } of opened.values()) entriesRead += entries.length
      manifests = readList(
        writeList({ 'snapshot-id': BigInt(sequence), 'sequence-number': sequence }, [
          ...written,
          ...after.kept,
        ]),
      )
      return after
    },
    manifests: () => manifests,
    work: () => ({ entriesRead, entriesWritten }),
    entries: (): readonly Entry[] => manifests.flatMap(each => open(each).entries),
  }
}

function file(epoch: number, name: string, days: readonly [number, number]): NewFile {
  const times = { from: days[0] * 24 * HOUR, to: days[1] * 24 * HOUR }
  const { spec, partition } = partitionOf(epoch, times)
  const data: DataFile = {
    ...{ content: 0, file_path: name, file_format: 'PARQUET', partition },
    ...{ record_count: 1n, file_size_in_bytes: 1n },
  }
  return { spec, file: data }
}

const step = fc.record({
  epochs: fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 3 }),
  parts: fc.integer({ min: 0, max: 3 }),
  isOneDay: fc.boolean(),
  isAgain: fc.boolean(),
})

test('a table holds what its epochs were replaced with last, whatever is merged meanwhile', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), steps => {
      const table = createTable()
      const model = new Map<number, readonly string[]>()
      for (const [at, { epochs, parts, isOneDay, isAgain }] of steps.entries()) {
        const files = epochs.flatMap(epoch => {
          const names = isAgain
            ? (model.get(epoch) ?? [])
            : Array.from({ length: parts }, (_, i) => `${at}/${epoch}/${i}`)
          model.set(epoch, names)
          return names.map(name => file(epoch * HOUR, name, isOneDay ? [1, 1] : [0, 1]))
        })
        table.replace(
          epochs.map(epoch => epoch * HOUR),
          files,
        )
      }
      const names = table.entries().map(entry => entry.data_file.file_path)
      expect(names.sort()).toEqual([...model.values()].flat().sort())
    }),
    { numRuns: 60 },
  )
})

test('files that are in it already are left where they are', () => {
  const table = createTable()
  table.replace([0], [file(0, 'a', [0, 0]), file(0, 'b', [0, 1])])
  const after = table.replace([0], [file(0, 'a', [0, 0]), file(0, 'c', [0, 1])])
  expect(after.gone.map(each => each.file_path)).toEqual(['b'])
  expect(after.added.map(each => each.file_path)).toEqual(['c'])
  const same = table.replace([0], [file(0, 'a', [0, 0]), file(0, 'c', [0, 1])])
  expect([same.gone, same.added]).toEqual([[], []])
})

test('a file has the sequence number of the snapshot that added it, in whichever manifest it is', () => {
  const table = createTable()
  for (let n = 0; n < 40; n++) table.replace([n * HOUR], [file(n * HOUR, `${n}`, [0, 0])])
  for (const entry of table.entries())
    expect(entry.sequence_number).toBe(BigInt(Number(entry.data_file.file_path) + 1))
})

test('what a commit reads and writes does not grow with the table', { timeout: 120_000 }, () => {
  const table = createTable()
  const spent = (from: number, to: number) => {
    const before = table.work()
    for (let n = from; n < to; n++) table.replace([n * HOUR], [file(n * HOUR, `${n}`, [0, 0])])
    const { entriesRead, entriesWritten } = table.work()
    return (entriesRead - before.entriesRead + entriesWritten - before.entriesWritten) / (to - from)
  }
  spent(0, 1024)
  expect(spent(1024, 2048)).toBeLessThan(8)
  expect(spent(2048, 4096 + 2048)).toBeLessThan(10)
  expect(table.manifests().length).toBeLessThan(60)
})

test('a manifest is never of more files than a commit may write again, whatever a snapshot brings', () => {
  const table = createTable()
  for (let n = 0; n < 120; n++) {
    const epochs = Array.from({ length: 150 + (n % 7) * 20 }, (_, i) => (n * 300 + i) * HOUR)
    table.replace(
      epochs,
      epochs.map(epoch => file(epoch, `${epoch}`, [0, 0])),
    )
  }
  const sizes = table.manifests().map(each => each.added_files_count + each.existing_files_count)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(4096 + 300)
  expect(sizes.length).toBeLessThan(60)
})
