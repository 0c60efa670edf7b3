import type { Remembered } from '../../core/declare/changes/remembered.ts'
import { toTributaryError } from '../../core/errors.ts'
import { EXPORTS, LOADS } from '../../core/lake/lake-paths.ts'
import { isOfEvents } from '../../core/lake/table-identity.ts'
import type { TableMark, Warehouse } from '../../core/ports/warehouse.ts'
import { alone, goOn, loadTable } from './load-table.ts'
import {
  type Behind,
  end,
  type LoadProgress,
  type LoadWarehouseResult,
  newTurn,
  type Turn,
  type TurnPorts,
  type Waiting,
  wait,
} from './load-turn.ts'
import { asideName, type WantedTable, wantedTables } from './tables.ts'

export type LoadWarehousePorts = Omit<TurnPorts, 'warehouse'> & {
  /** Undefined where the platform runs without one. */
  readonly warehouse: Warehouse | undefined
  /** What stored events were declared as, where that is remembered. */
  readonly remembered?: Remembered
  /** Told when a run has no more to do which tables are behind, and why: none where all is loaded. */
  readonly onLoaded?: (behind: Behind) => void
}

export type LoadWarehouse = (progress: LoadProgress) => Promise<LoadWarehouseResult>

/**
 * Builds the load step: brings every table of the warehouse to what the boundaries say, from curated data and
 * batch views. No boundary waits for it. How far a table is stands in the warehouse beside it, so that one
 * that was away, or lost, or is another one, catches up by itself. A table that cannot be loaded does not
 * hold up the others.
 */
export function createLoadWarehouse(ports: LoadWarehousePorts): LoadWarehouse {
  return async progress => {
    const { warehouse } = ports
    const turn = newTurn({ ...ports, warehouse: warehouse! }, progress)
    const result = warehouse === undefined ? end(turn) : await loaded(turn, ports.remembered)
    if (result.state !== 'wait') ports.onLoaded?.(turn.behind)
    return result
  }
}

async function loaded(turn: Turn, remembered: Remembered | undefined): Promise<LoadWarehouseResult> {
  try {
    const waiting = await catchUp(turn, wantedTables(turn.ports.pipeline, remembered))
    return waiting === undefined ? end(turn) : wait(turn, waiting)
  } catch (error) {
    turn.behind['*'] = toTributaryError(error).message
    return end(turn)
  }
}

/** Answers what is to be waited for; undefined once there is nothing left to do. */
async function catchUp(turn: Turn, wanted: readonly WantedTable[]): Promise<Waiting | undefined> {
  const { ports, progress } = turn
  if (progress.attempt === 0) await clean(ports)
  const going = await goOn(turn, wanted)
  if (going !== undefined) return going
  const marks = new Map((await ports.warehouse.marks()).map(mark => [mark.relation, mark]))
  for (const each of wanted.filter(({ table }) => !Object.hasOwn(turn.behind, table.name))) {
    const waiting = await alone(turn, each.table.name, () => loadTable(turn, each, marks))
    if (waiting !== undefined) return waiting
  }
  await retireOthers(turn, wanted, marks)
  return undefined
}

/** What a run that was cut short, or an earlier version, has left. */
async function clean({ lake }: TurnPorts): Promise<void> {
  await lake.remove(LOADS)
  for (const name of await lake.folders(EXPORTS))
    if (name.startsWith('epoch=')) await lake.remove(`${EXPORTS}/${name}`)
}

/** Tables of what is declared no more: those of events stay, as what they hold is nowhere else in SQL. */
async function retireOthers(
  turn: Turn,
  wanted: readonly WantedTable[],
  marks: ReadonlyMap<string, TableMark>,
): Promise<void> {
  const known = new Set(wanted.flatMap(({ table: { name } }) => [name, asideName(name)]))
  for (const { relation, identity } of marks.values())
    if (!known.has(relation) && identity !== '')
      await alone(turn, relation, () => turn.ports.warehouse.retire(relation, isOfEvents(identity)))
}
