import { floorTo, parseInstant } from '../../core/data/time.ts'
import { TributaryError } from '../../core/errors.ts'
import {
  epochMark,
  instantOfMark,
  KNOWN_MODELS,
  knownMark,
  marksOfModel,
  marksOfTypes,
  parsePublishedMark,
  publishedMark,
  sinceMark,
  wholeMark,
} from '../../core/lake/model-paths.ts'
import type { Model } from '../../core/models/model.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import { type ModelSourcePorts, sourceEpochs, sourceOf } from './model-sources.ts'

/** What changed of a source: epochs, or everything since an instant (ms). */
export type Change = { readonly epochs: readonly number[] } | { readonly since: number }

/** Notes, before a boundary moves, that the models over a type are to see an epoch. */
export async function markForModels(
  { lake, pipeline }: Pick<ModelSourcePorts, 'lake' | 'pipeline'>,
  type: string,
  epoch: number,
  run: string,
): Promise<void> {
  if (pipeline.models.length > 0) await lake.put(publishedMark(type, epoch, run), [])
}

/** What is to be made of a model, and the marks that say so. */
export type DueModel = {
  readonly epochs: readonly number[]
  readonly since: number | undefined
  readonly isWhole: boolean
  readonly marks: readonly string[]
}

export async function dueOf(lake: Pick<LakeFolder, 'list'>, { id }: Model): Promise<DueModel> {
  const marks = (await lake.list(marksOfModel(id))).map(({ path }) => path)
  const instants = (kind: 'epoch' | 'since') =>
    marks.map(path => instantOfMark(path, kind)).filter(instant => instant !== undefined)
  const since = instants('since')
  return {
    epochs: instants('epoch'),
    since: since.length === 0 ? undefined : Math.min(...since),
    isWhole: marks.includes(wholeMark(id)),
    marks,
  }
}

/** Asks for all of each model that is new, or declared anew. */
export async function seed({ lake }: ModelSourcePorts, models: readonly Model[]): Promise<void> {
  const known = new Set((await lake.list(KNOWN_MODELS)).map(({ path }) => path))
  for (const model of models) {
    if (known.has(knownMark(model.id))) continue
    await restate(lake, model, 0)
    await lake.put(knownMark(model.id), [])
  }
}

/** Asks for a model to be made again since an instant (ms); one that is made as a whole, all of it. */
export async function restate(lake: Pick<LakeFolder, 'put'>, model: Model, since: number): Promise<void> {
  await lake.put(model.header.kind === 'incremental' ? sinceMark(model.id, since) : wholeMark(model.id), [])
}

/**
 * Asks for the models that the input of a run names to be made again.
 *
 * @throws TributaryError `bad_request` naming one that is not declared
 */
export async function restateNamed(
  { lake, pipeline: { models }, epochLength }: Pick<ModelSourcePorts, 'lake' | 'pipeline' | 'epochLength'>,
  { restate: names, restateFrom }: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (!Array.isArray(names)) return
  const since = typeof restateFrom === 'string' ? floorTo(parseInstant(restateFrom)!, epochLength) : 0
  for (const name of names) {
    const model = models.find(each => each.name === name)
    if (model === undefined || model.header.kind === 'view')
      throw new TributaryError(
        'bad_request',
        `no stored model is called "${name}"; there are ${models.map(each => each.name).join(', ') || 'none'}`,
      )
    await restate(lake, model, since)
  }
}

/** Hands what runs have published to the models that read it. */
export async function spreadPublished(ports: ModelSourcePorts): Promise<void> {
  const { lake } = ports
  const marks = await lake.list(marksOfTypes)
  for (const { path } of marks) {
    const mark = parsePublishedMark(path)
    if (mark !== undefined) await spreadType(ports, mark.type, mark.epoch)
    // Not before it is with all of them: a crash in between asks twice.
    await lake.remove(path)
  }
}

async function spreadType(ports: ModelSourcePorts, type: string, epoch: number): Promise<void> {
  for (const name of namesOf(ports, type)) await spread(ports, name, { epochs: [epoch] })
}

/** The table of a type, and those of its metrics. */
function namesOf({ pipeline }: ModelSourcePorts, type: string): readonly string[] {
  const read = new Set(pipeline.models.flatMap(({ reads }) => reads))
  return [...read].filter(name => {
    const source = sourceOf({ pipeline }, name)
    return source.type === type || source.metric?.type === type
  })
}

/** Asks for whatever of other models follows from a change of a source. */
export async function spread(ports: ModelSourcePorts, source: string, change: Change): Promise<void> {
  const { lake, pipeline, epochLength } = ports
  for (const model of pipeline.models) {
    const { header, reads, id } = model
    if (header.kind === 'view' || !reads.includes(source)) continue
    if (header.kind !== 'incremental') await lake.put(wholeMark(id), [])
    else if ('since' in change)
      await lake.put(sinceMark(id, Math.max(0, floorTo(change.since, epochLength))), [])
    else
      for (const epoch of await epochsAround(ports, model, source, change.epochs))
        await lake.put(epochMark(id, epoch), [])
  }
}

/** Epochs of a model that read an epoch of a source. */
async function epochsAround(
  ports: ModelSourcePorts,
  { header: { by, within } }: Model,
  source: string,
  changed: readonly number[],
): Promise<ReadonlySet<number>> {
  const found = new Set(source === by ? changed : [])
  const reach = within.get(source)
  if (reach === undefined) return found
  for (const epoch of changed)
    for (const each of await sourceEpochs(ports, by!, { from: epoch - reach, through: epoch + reach }))
      found.add(each)
  return found
}
