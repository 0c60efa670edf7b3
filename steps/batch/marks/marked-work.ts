import { tallyId } from '../../../core/cells/tally.ts'
import type { Pipeline } from '../../../core/declare/pipeline.ts'
import type { Boundary } from '../../../core/ports/views.ts'
import type { Due } from '../choose-epoch.ts'
import type { EpochWork } from '../task.ts'
import type { DueMark } from './due-marks.ts'

/** Work of one epoch that is published: types, and metrics of theirs that are published through it too. */
export function workAgain(
  pipeline: Pipeline,
  epoch: number,
  types: readonly string[],
  through: (id: string) => number | undefined,
): Pick<EpochWork, 'types' | 'metrics'> {
  const metrics = types.flatMap(type => pipeline.metricsOf.get(type) ?? [])
  return {
    types: types.map(type => ({ type, epoch })),
    metrics: metrics
      .filter(({ id }) => epoch <= (through(id) ?? Number.NEGATIVE_INFINITY))
      .map(({ id }) => ({ metric: id, epoch, mode: 'recompute' })),
  }
}

/**
 * What marks say is due, by epoch. A mark of an epoch that its type is not published through says nothing: it
 * is computed anyway, and stays until it has been.
 */
export function markedWork(
  pipeline: Pipeline,
  marks: readonly DueMark[],
  boundaries: ReadonlyMap<string, Boundary | undefined>,
): ReadonlyMap<number, Due> {
  const through = (id: string) => boundaries.get(id)?.epoch
  const published = marks.filter(
    ({ type, epoch }) => epoch <= (through(tallyId(type)) ?? Number.NEGATIVE_INFINITY),
  )
  const byEpoch = Map.groupBy(published, ({ epoch }) => epoch)
  return new Map(
    [...byEpoch].map(([epoch, those]) => {
      const types = [...new Set(those.map(({ type }) => type))]
      return [epoch, workAgain(pipeline, epoch, types, through)]
    }),
  )
}

/** Marks that a run still has to take up: at its first turn also its own, of before it was restarted. */
export function openMarks(marks: readonly DueMark[], run: string, turn: number): readonly DueMark[] {
  return turn === 0 ? marks : marks.filter(mark => mark.run !== run)
}

/** Marks of an epoch and types. */
export function marksOf(
  marks: readonly DueMark[],
  { epoch, types }: Pick<EpochWork, 'epoch' | 'types'>,
): readonly DueMark[] {
  return marks.filter(mark => mark.epoch === epoch && types.some(({ type }) => type === mark.type))
}
