import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { arrivalHour, arrivalName, deliveredMark } from '../../core/lake/lake-paths.ts'
import type { Arrivals, SplitArrival } from '../../core/ports/arrivals.ts'
import { onFiles } from '../lake/file-errors.ts'
import type { S3Objects } from '../objects/s3/s3.ts'
import { openOutputs } from './outputs.ts'
import { piecesOf } from './pieces.ts'
import { splitArrival } from './split-arrival.ts'

export type ArrivalsSettings = {
  readonly objects: Pick<S3Objects, 'list' | 'put' | 'download'>
  /**
   * Folder of its own for files while an arrival is split: room for an arrival and once more for its parts.
   */
  readonly scratch: string
}

const HOUR = 3_600_000
const READ_BYTES = 4 << 20

/** Arrivals in S3, as Firehose writes them. */
export function createArrivals({ objects, scratch }: ArrivalsSettings): Arrivals {
  let opened: Promise<unknown> | undefined
  // A function that was ended keeps its disk.
  const open = async () => {
    await rm(scratch, { recursive: true, force: true })
    await mkdir(scratch, { recursive: true })
  }
  return {
    split: arrival => onFiles(`cannot split ${arrival}`, () => split(arrival)),
    finish: arrival => objects.put(deliveredMark(arrival), new Uint8Array()),
    async unfinished(from, to) {
      const names: string[] = []
      for (let hour = Math.floor(from / HOUR) * HOUR; hour <= to; hour += HOUR) {
        const folder = `${arrivalHour(hour)}/`
        const [arrived, marks] = await Promise.all([
          objects.list(folder),
          objects.list(deliveredMark(folder)),
        ])
        const marked = new Set(marks.map(mark => mark.key))
        for (const { key } of arrived) if (!marked.has(deliveredMark(key))) names.push(key)
      }
      return names
    },
  }

  async function split(arrival: string): Promise<SplitArrival> {
    opened ??= open()
    await opened
    const folder = await mkdtemp(join(scratch, 'arrival-'))
    const outputs = openOutputs(join(folder, 'parts'), objects)
    try {
      const file = join(folder, 'arrival')
      await objects.download(arrival, file)
      const pieces = piecesOf(createReadStream(file, { highWaterMark: READ_BYTES }))
      const found = await splitArrival(pieces, outputs, arrivalName(arrival))
      await outputs.store()
      return found
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}
