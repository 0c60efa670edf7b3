import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { keptOfType, parseKeptMark } from '../../core/lake/retention-paths.ts'
import { ifAbsent } from '../files/durable.ts'
import type { DeliveryState } from './delivery-state.ts'

/**
 * A state without the files of epochs whose raw data contracts keep no longer: no record comes for them any
 * more, and they may be gone. A platform that ran for seconds only has not ended them before it stopped.
 *
 * @param lake folder of the lake
 */
export async function keptFiles(lake: string, state: DeliveryState): Promise<DeliveryState> {
  const since = new Map<string, number>()
  for (const type of new Set(state.open.map(file => file.type))) since.set(type, await rawSince(lake, type))
  return { ...state, open: state.open.filter(({ type, epoch }) => epoch >= since.get(type)!) }
}

/** From when on raw data of a type is in use, ms; −∞: all of it. */
async function rawSince(lake: string, type: string): Promise<number> {
  const owner = keptOfType(type)
  const names = await readdir(join(lake, owner)).catch(ifAbsent<string[]>([]))
  const marks = names.map(name => parseKeptMark(`${owner}/${name}`))
  return Math.max(-Infinity, ...marks.flatMap(mark => (mark?.kind === 'raw' ? [mark.since] : [])))
}
