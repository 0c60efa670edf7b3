import { stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ifAbsent, makeFolder, replaceFile } from '../../../drivers/files/durable.ts'
import { checkOf, type FileCheck, isSame } from '../../../drivers/lake/checks/file-check.ts'
import { readRawCheck, writeRawCheck } from '../../../drivers/lake/checks/raw-checks.ts'
import type { DeliveryState } from '../../../drivers/raw/delivery-state.ts'
import { objectOf } from '../../../drivers/raw/hour-file.ts'
import { intactEntries, type Survey } from '../../../drivers/stream/log/salvage.ts'
import { problemOf } from '../finding.ts'
import type { Patient } from '../patient.ts'
import { type RawObject, rawObjects } from './objects.ts'

/**
 * Checks every raw file against its checksum, or against what the state of raw delivery says of it while it
 * grows, and writes damaged ones again from the log. A file without either is taken as it is.
 *
 * @returns false where a file is damaged and the log has its records no more
 */
export async function mendRawFiles(patient: Patient, state: DeliveryState, log: Survey): Promise<boolean> {
  const { lake } = patient.paths
  let isWhole = true
  const found = await rawObjects(lake)
  const growing = state.open.map(open => ({ ...open, object: objectOf(open) }))
  const gone = growing.filter(({ object }) => !found.some(raw => raw.object === object))
  for (const raw of [...found, ...gone]) {
    // What lies behind the position is removed and delivered again.
    if (raw.first >= state.position) continue
    const open = state.open.find(
      ({ type, epoch, first }) => type === raw.type && epoch === raw.epoch && first === raw.first,
    )
    const known = open === undefined ? await sealOf(patient, raw) : openCheck(open)
    const problem = await problemWith(join(lake, raw.object), known)
    if (problem === undefined && (known === undefined || known.lines === undefined) && open === undefined)
      await writeRawCheck(lake, raw.object, await checkOf(join(lake, raw.object), { lines: true }))
    if (problem !== undefined && !(await writeAgain(patient, raw, known, problem, log))) isWhole = false
  }
  return isWhole
}

/** What a file that still grows holds at least. */
function openCheck(open: DeliveryState['open'][number]): Partial<FileCheck> & { bytes: number } {
  const { length: bytes, crc, lines } = open
  return { bytes, ...(crc !== undefined && { crc }), ...(lines !== undefined && { lines }) }
}

async function sealOf({ paths, findings }: Patient, { object }: RawObject): Promise<FileCheck | undefined> {
  try {
    return await readRawCheck(paths.lake, object)
  } catch (error) {
    findings.repaired(`lake/.checks/${object}.json`, problemOf(error), 'the checksum was made anew')
    return undefined
  }
}

type Known = Partial<FileCheck> & { readonly bytes: number }

async function problemWith(path: string, known: Known | undefined): Promise<string | undefined> {
  const size = await stat(path).then(({ size }) => size, ifAbsent(undefined))
  if (size === undefined) return 'it is not there'
  if (known === undefined) return undefined
  if (size < known.bytes) return `it has ${size} of ${known.bytes} bytes`
  if (known.crc === undefined) return undefined
  const found = await checkOf(path, { length: known.bytes })
  return found.crc === known.crc ? undefined : 'its content does not match its checksum'
}

async function writeAgain(
  { paths, findings }: Patient,
  raw: RawObject,
  known: Known | undefined,
  problem: string,
  log: Survey,
): Promise<boolean> {
  const file = `lake/${raw.object}`
  const path = join(paths.lake, raw.object)
  const data =
    raw.first < log.start || known === undefined ? undefined : recordsOf(paths.log, raw, known.bytes)
  if (data === undefined) {
    const held = 'published numbers stay; a batch, replay or backfill of its epoch is refused'
    const remedy = `put a copy of the file there, or, if it was removed on purpose, remove lake/.checks/${raw.object}.json`
    findings.left(file, problem, `the log has its records no more: ${held}. To go on, ${remedy}`)
    return false
  }
  await makeFolder(dirname(path))
  await replaceFile(path, aside => writeFile(aside, data))
  const found = await checkOf(path, { lines: true })
  if (known?.crc !== undefined && !isSame(found, { bytes: known.bytes, crc: known.crc })) {
    findings.left(file, problem, 'the log has other records at its place')
    return false
  }
  findings.repaired(file, problem, 'written again from the log')
  return true
}

/** The first `bytes` of what a raw file is made of. */
function recordsOf(log: string, { type, epoch, first }: RawObject, bytes: number): Buffer | undefined {
  const parts: Buffer[] = []
  let length = 0
  for (const entries of intactEntries(log, first))
    for (const entry of entries) {
      if (entry.type !== type || entry.epoch !== epoch) continue
      if (length >= bytes) return Buffer.concat(parts, length)
      parts.push(Buffer.from(entry.data))
      length += entry.data.length
    }
  return length === bytes ? Buffer.concat(parts, length) : undefined
}
