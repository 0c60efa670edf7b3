import { readdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { machineFiles, makeFolder, moveDurably, syncFolder } from '../../../drivers/files/durable.ts'
import { readMark } from '../../../drivers/files/mark.ts'
import { type DeliveryState, readState } from '../../../drivers/raw/delivery-state.ts'
import { keptFiles } from '../../../drivers/raw/kept-files.ts'
import {
  type LedgerState,
  ledgerPath,
  ledgerText,
  loadLedger,
} from '../../../drivers/stream/log/ledger-file.ts'
import { type Gap, type Survey, surveyLog } from '../../../drivers/stream/log/salvage.ts'
import { endMarkPath, segmentBases, segmentPath } from '../../../drivers/stream/log/segment.ts'
import { countLedger } from '../count-ledger.ts'
import { deliverRest } from '../deliver.ts'
import { problemOf } from '../finding.ts'
import type { Patient, Stream } from '../patient.ts'
import { mendRawFiles } from '../raw/files.ts'
import { rawObjects } from '../raw/objects.ts'
import { takeBackToLog } from '../raw/state.ts'
import { INTERRUPTED } from '../repairs.ts'
import { laneFolders, lanePosition } from '../require-intact.ts'

/** What was read of a file: its content, nothing where there is none, or what is wrong with it. */
type Read<T> = { readonly value?: T | undefined; readonly problem?: string }

/**
 * Mends the log, its ledger, the raw files and the state of raw delivery from each other. The raw lake then
 * holds all that can be read.
 *
 * A damaged log is set aside and begun anew behind every place that a consumer may know: what raw has is not
 * lost by it. What raw does not have either is lost, and only `acceptLoss` goes on without it.
 *
 * @returns undefined where something acknowledged is lost
 */
export async function mendStream(patient: Patient): Promise<Stream | undefined> {
  const { paths, findings, repairs } = patient
  await makeFolder(paths.log)
  const ledger = await reading(() => loadLedger(paths.log))
  const stored = await reading(() => readState(paths.rawDelivery))
  const isRestored = stored.value === undefined && (await hasRawAlone(patient))
  const log = isRestored ? await behindRaw(patient) : surveyLog(paths.log)
  const durable = Math.max(log.end, ledger.value?.lsn ?? 0, stored.value?.position ?? 0, ...marks(patient))
  const state = await mendState(patient, stored, log)
  const gaps = gapsOf(patient, log, durable, state.position)
  const lost = gaps.filter(gap => gap.to > state.position)
  if (!(await mendRawFiles(patient, state, log)) && gaps.length > 0) return undefined
  if (lost.length > 0 && !patient.acceptLoss) {
    for (const gap of lost) findings.left(...lossOf(patient, gap))
    return undefined
  }
  const isBegun = repairs.left.has('log')
  const isNew = isRestored || gaps.length > 0 || isBegun
  // The real-time views that follow from it are noted with it: nothing of the new log tells that they do.
  if (isNew) await repairs.begin('log', 'real-time')
  const delivery = await deliverRest(patient, state, isNew ? Math.max(durable, endOf(log)) : log.end, isNew)
  if (isNew) await beginAnew(patient, delivery)
  if (isRestored) findings.repaired('log', 'there is none', 'begun anew behind what the raw lake has')
  else if (isBegun && gaps.length === 0)
    findings.repaired('log', INTERRUPTED, 'begun anew behind what the raw lake has')
  for (const gap of gaps) findings.repaired(...mended(patient, gap, lost.includes(gap)))
  const latest = Math.max(log.latestArrival, ledger.value?.latestArrival ?? 0)
  const known = await mendLedger(patient, { ledger, delivery, log, latest, isNew })
  if (isNew) await repairs.end('log')
  return { end: delivery.position, delivery, ledger: known, isNew }
}

async function reading<T>(read: () => Promise<T | undefined>): Promise<Read<T>> {
  try {
    return { value: await read() }
  } catch (error) {
    return { problem: problemOf(error) }
  }
}

/** Is there a raw lake without a log, as a backup of the lake is? */
async function hasRawAlone({ paths }: Patient): Promise<boolean> {
  return segmentBases(await readdir(paths.log)).length === 0 && (await rawObjects(paths.lake)).length > 0
}

/** Farther than any file of records reaches from the place of its first one. */
const BEHIND = 2 ** 36

/** An empty log behind every record that the raw lake can have. */
async function behindRaw({ paths }: Patient): Promise<Survey> {
  const last = Math.max(...(await rawObjects(paths.lake)).map(({ first }) => first))
  return { start: last + BEHIND, end: last + BEHIND, gaps: [], tail: undefined, latestArrival: Date.now() }
}

/** How far the log was durable by what others say. */
function marks({ paths }: Patient): readonly number[] {
  const lanes = laneFolders(paths).map(folder => {
    try {
      return lanePosition(folder)
    } catch {
      return 0 // a damaged checkpoint says nothing; the speed layer's part names it
    }
  })
  return [...lanes, ...(readMark(endMarkPath(paths.log), 1) ?? [])]
}

async function mendState(patient: Patient, stored: Read<DeliveryState>, log: Survey): Promise<DeliveryState> {
  const { paths, findings } = patient
  if (stored.value !== undefined) return keptFiles(paths.lake, stored.value)
  const isNew = stored.problem === undefined && (await rawObjects(paths.lake)).length === 0
  const state = await takeBackToLog(patient, log.start)
  if (!isNew && log.start < BEHIND)
    findings.repaired(
      'raw-delivery.json',
      stored.problem ?? 'it is not there',
      'what the log still has was delivered again',
    )
  return state
}

/** What cannot be read of the log although it was durable. */
function gapsOf({ paths }: Patient, log: Survey, durable: number, position: number): readonly Gap[] {
  const path = log.tail?.path ?? segmentPath(paths.log, log.start)
  const end = durable > log.end ? [{ path, from: log.end, to: durable }] : []
  const start = position < log.start ? [{ path, from: position, to: log.start }] : []
  return [...start, ...log.gaps, ...end]
}

function endOf({ end, tail }: Survey): number {
  return Math.max(end, tail?.to ?? 0)
}

type Words = [file: string, problem: string, outcome: string]

function lossOf({ data }: Patient, { path, from, to }: Gap): Words {
  return [
    relative(data, path),
    `bytes ${from} to ${to} of the log are damaged or gone, and were not delivered to the raw lake yet`,
    'acknowledged events are lost; have senders send what they sent last again, and run "npx tributary doctor --accept-loss" to go on without them',
  ]
}

function mended({ data }: Patient, { path, from, to }: Gap, isLost: boolean): Words {
  const problem = `bytes ${from} to ${to} of the log are damaged or gone`
  const how = 'the log is set aside in damaged/ and begun anew'
  return [
    relative(data, path),
    problem,
    isLost ? `${how}; what only they held is lost` : `${how}; the raw lake has what they held`,
  ]
}

/** Sets the log aside and begins one behind every place that anybody knows of the old one. */
async function beginAnew({ data, paths }: Patient, { position }: DeliveryState): Promise<void> {
  const aside = join(data, 'damaged', `log-${await freeNumber(join(data, 'damaged'))}`)
  await makeFolder(join(data, 'damaged'))
  await moveDurably(paths.log, aside)
  await makeFolder(paths.log)
  await writeFile(segmentPath(paths.log, position), '')
  await syncFolder(paths.log)
}

async function freeNumber(folder: string): Promise<number> {
  return (await readdir(folder).catch(() => [])).length + 1
}

type LedgerParts = {
  readonly ledger: Read<LedgerState>
  readonly delivery: DeliveryState
  readonly log: Survey
  readonly latest: number
  readonly isNew: boolean
}

async function mendLedger(patient: Patient, parts: LedgerParts): Promise<LedgerState> {
  const { paths, findings } = patient
  const { ledger, delivery, log, latest, isNew } = parts
  // Without a file the log counts itself, as long as it has its beginning.
  const isMissing = ledger.value === undefined && ledger.problem === undefined && log.start > 0
  const isOther = ledger.value !== undefined && ledger.value.epochLength !== patient.epochLength
  const counted = await countLedger(patient, delivery, latest)
  if (!isNew && !isMissing && !isOther && ledger.problem === undefined) return ledger.value ?? counted
  const state = { ...counted, closedThrough: ledger.value?.closedThrough ?? counted.closedThrough }
  await machineFiles.replace(ledgerPath(paths.log), ledgerText(state))
  if (!isNew)
    findings.repaired(
      relative(patient.data, ledgerPath(paths.log)),
      ledger.problem ?? (isMissing ? 'it is not there' : 'it has another length of epochs'),
      'counted anew from the raw lake',
    )
  return state
}
