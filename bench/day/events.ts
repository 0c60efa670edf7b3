import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { EPOCH_LENGTH } from '../batch-world.ts'

export const TYPE = 'com.tributary.trip'
/** The first hour of the day. */
const FIRST = Date.parse('2026-11-02T00:00:00Z')

/** How many lines come in, in how many hours, each an epoch. */
export type Day = { readonly events: number; readonly hours: number }

/** When an hour of the day begins, ms. */
export const epochOfHour = (hour: number): number => FIRST + hour * EPOCH_LENGTH

/** Lines of an hour; those of all hours add up. */
export function linesOf({ events, hours }: Day, hour: number): number {
  return Math.floor(((hour + 1) * events) / hours) - Math.floor((hour * events) / hours)
}

const BOARDS = 500
const CUSTOMERS = 100_000
/** As recommended for an event type that one stream's shards keep up with. */
const PARTITIONS = 2
/** Events of a request, which share a partition. */
const REQUEST = 100
/** Bytes of lines in a file, about what Firehose gathers in one object. */
const FILE_BYTES = 64e6
/** A tenth larger than with the default of 6, at half of the work. */
const GZIP_LEVEL = 3
/** Lines that go to the compressor at once. */
const CHUNK_BYTES = 1 << 20
/** One line in a hundred repeats an event of the last so many. */
const RECENT = 5000
const REPEATED = 0.01
/** Most events come in within a minute; one in a hundred comes in up to two hours late. */
const DELAY_MS = 60_000
const LATE = 0.01
const LATE_MS = 2 * EPOCH_LENGTH

/** Where the events of an epoch go, and how many lines there are. */
export type EpochLines = { readonly folder: string; readonly epoch: number; readonly lines: number }

/** Numbers of the boards' events go on from epoch to epoch, and so do the events that are sent again. */
export type Sender = { readonly name: string; numbers: Uint32Array; recent: string[]; at: number }

export function createSender(name: string): Sender {
  return { name, numbers: new Uint32Array(BOARDS), recent: [], at: 0 }
}

/**
 * Writes the raw files of an epoch as the lake on AWS has them, gzip of JSON lines, about 310 bytes a line;
 * answers their bytes. An id is a board's name and a number that counts its events, as devices give them: ids
 * of random digits alone would take half of the disk that the bench may use.
 */
export async function writeEpoch(sender: Sender, { folder, epoch, lines }: EpochLines): Promise<number> {
  await mkdir(folder, { recursive: true })
  let [written, bytes, file] = [0, 0, 0]
  while (written < lines) {
    const chunks = function* () {
      for (let inFile = 0; inFile < FILE_BYTES && written < lines; ) {
        let text = ''
        for (; text.length < CHUNK_BYTES && written < lines; written++)
          text += line(sender, epoch, epoch + Math.floor((written * EPOCH_LENGTH) / lines))
        inFile += text.length
        yield Buffer.from(text, 'latin1')
      }
    }
    const path = join(folder, `${sender.name}-${String(file++).padStart(4, '0')}.jsonl.gz`)
    const target = createWriteStream(path)
    await pipeline(Readable.from(chunks()), createGzip({ level: GZIP_LEVEL }), target)
    bytes += target.bytesWritten
  }
  return bytes
}

function line(sender: Sender, epoch: number, receivedAt: number): string {
  const { recent, name } = sender
  const isRepeat = recent.length === RECENT && Math.random() < REPEATED
  const rest = isRepeat ? recent[below(RECENT)]! : trip(sender, receivedAt)
  const request = Math.floor(sender.at / REQUEST)
    .toString(36)
    .padStart(7, '0')
  const place = (sender.at % REQUEST).toString(36).padStart(3, '0')
  recent[sender.at++ % RECENT] = rest
  return `{"tbreceipt":"${receivedAt}-${name}-${request}-${place}","tbepoch":${epoch},${rest}`
}

/** Devices tell time by the second, and how long a trip took by tenths of a minute. */
function trip({ name, numbers, at }: Sender, receivedAt: number): string {
  const second = Math.floor((receivedAt - below(Math.random() < LATE ? LATE_MS : DELAY_MS)) / 1000)
  const board = below(BOARDS)
  const number = numbers[board]!++
  const data = `{"hoverboard_id":${board},"customer_id":${below(CUSTOMERS)},"trip_duration":${below(600) / 10}}`
  return `"tbtime":${second}000,"tbpartition":${Math.floor(at / REQUEST) % PARTITIONS},"specversion":"1.0","id":"${name}-${board}-${number}","source":"/boards","type":"${TYPE}","time":"${instant(second)}","data":${data}}\n`
}

const instants = new Map<number, string>()

/** A second as text, kept: made anew for each event it would be half of the work. */
function instant(second: number): string {
  const known = instants.get(second)
  if (known !== undefined) return known
  const text = new Date(second * 1000).toISOString().replace('.000', '')
  if (instants.size > LATE_MS / 100) instants.clear()
  instants.set(second, text)
  return text
}

const below = (end: number) => Math.floor(Math.random() * end)
