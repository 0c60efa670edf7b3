import { randomBytes } from 'node:crypto'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'

export type TripLines = {
  readonly folder: string
  readonly events: number
  /** Epoch of every line; receipts begin with it. */
  readonly epoch: number
  /** Share of lines that repeat an earlier event with a receipt of their own. */
  readonly duplicates: number
  readonly boards: number
  readonly customers: number
  /** Hours before the epoch over which event times spread. */
  readonly hours: number
  /** Bytes of a file (256 MB). */
  readonly fileBytes?: number
}

const BUFFER = 1 << 22
const PARTITIONS = 100

/**
 * Writes raw files of trips, about 470 bytes a line, at some 600,000 lines a second; answers their sizes'
 * sum.
 */
export async function writeTripLines(options: TripLines): Promise<number> {
  const { folder, events, epoch, duplicates, boards, customers, hours, fileBytes = 256e6 } = options
  await mkdir(folder, { recursive: true })
  const ids = idSource()
  const recent: string[] = []
  let [written, file, inFile] = [0, 0, Infinity]
  let handle: Awaited<ReturnType<typeof open>> | undefined
  let text = ''
  const flush = async (): Promise<void> => {
    if (inFile >= fileBytes) {
      await handle?.close()
      handle = await open(join(folder, `${String(file++).padStart(16, '0')}.ndjson`), 'w')
      inFile = 0
    }
    inFile += (await handle!.write(text, null, 'latin1')).bytesWritten
    written += text.length
    text = ''
  }
  for (let i = 0; i < events; i++) {
    const isRepeat = recent.length > 1000 && Math.random() < duplicates
    const rest = isRepeat ? recent[Math.floor(Math.random() * recent.length)]! : trip(ids())
    recent[i % 5000] = rest
    text += `{"tbreceipt":"${epoch + Math.floor((i * 3_600_000) / events)}-bench0-${i.toString(36).padStart(7, '0')}-000","tbepoch":${epoch},${rest}`
    if (text.length > BUFFER) await flush()
  }
  await flush()
  await handle?.close()
  return written

  function trip(id: string): string {
    const time = epoch - Math.floor(Math.random() * hours * 3_600_000)
    const iso = new Date(time).toISOString()
    const board = Math.floor(Math.random() * boards)
    const place = () =>
      `{"longitude":${-74 + Math.floor(Math.random() * 1e6) / 1e6},"latitude":${40 + Math.floor(Math.random() * 1e6) / 1e6}}`
    return `"tbtime":${time},"tbpartition":${board % PARTITIONS},"specversion":"1.0","id":"${id}","source":"/bench","type":"com.tributary.trip","time":"${iso}","data":{"hoverboard_id":${board},"customer_id":${Math.floor(Math.random() * customers)},"trip_duration":${Math.floor(Math.random() ** 2 * 60_000) / 1000},"start_location":${place()},"end_location":${place()},"start_time_and_date":null,"end_time_and_date":"${iso}"}}\n`
  }
}

/** Ids that look random, from the system's generator in large bites. */
function idSource(): () => string {
  let hex = ''
  let at = 0
  return () => {
    if (at >= hex.length) {
      hex = randomBytes(16 * 4096).toString('hex')
      at = 0
    }
    at += 32
    return hex.slice(at - 32, at)
  }
}
