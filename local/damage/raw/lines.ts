import { readFile } from 'node:fs/promises'
import { padSequence } from '../../../core/data/position.ts'
import { RECORD_SIZE } from '../../../core/event/record.ts'
import type { SpeedRecord } from '../../../steps/speed-entries.ts'

const RECEIPT_END = ',"tbpartition":'
/** Characters of a receipt after the part that all events of a request share. */
const PLACE_DIGITS = 3

/**
 * The lines of a raw file as the records of the stream that they came in: consecutive lines of one request
 * and partition, as far as a record goes. `number` gives each its place.
 */
export async function* recordsIn(path: string, number: () => number): AsyncGenerator<SpeedRecord> {
  let data = ''
  let size = 0
  let current: { readonly key: string; readonly partition: number } | undefined
  const record = (): SpeedRecord => ({
    sequence: padSequence(String(number())),
    partition: current!.partition,
    data,
  })
  for (const line of (await readFile(path, 'utf8')).split('\n')) {
    if (line === '') continue
    const { key, partition, length } = headOf(line)
    const goesOn = current?.key === key && size + length <= RECORD_SIZE
    if (!goesOn && data !== '') yield record()
    if (!goesOn) [data, size] = ['', 0]
    current = { key, partition }
    data += `${line}\n`
    size += line.length + 1
  }
  if (data !== '') yield record()
}

/** Which request and partition a line is of, and how long its event was as it was packed. */
function headOf(line: string): { key: string; partition: number; length: number } {
  const at = line.indexOf(RECEIPT_END)
  const end = line.indexOf(',', at + RECEIPT_END.length)
  const partition = Number(line.slice(at + RECEIPT_END.length, end))
  const receipt = line.slice(0, line.indexOf('","tbepoch"') - PLACE_DIGITS)
  return { key: `${receipt} ${partition}`, partition, length: line.length - end }
}
