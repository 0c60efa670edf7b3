import { pathInstant } from '../../core/data/time.ts'
import { TributaryError } from '../../core/errors.ts'
import { curatedFolder, rawFolder } from '../../core/lake/lake-paths.ts'
import type { HeavyEngine } from '../../core/ports/heavy-engine.ts'
import type { LakeEngine } from '../../core/ports/lake-engine.ts'
import type { LakeFolder } from '../../core/ports/lake-folder.ts'
import { isUnchecked, type UncheckedPorts } from './refine/unchecked.ts'
import type { TypeWork } from './task.ts'

/** What an epoch can be computed by. */
export type EnginePorts = UncheckedPorts & {
  readonly lake: Pick<LakeFolder, 'list'>
  readonly engine: Pick<LakeEngine, 'limits'>
  /** What larger epochs are computed by, if there is something, by size. */
  readonly heavy?: readonly HeavyEngine[] | undefined
}

/** An engine for larger epochs, and why this one is its. */
export type HeavyChoice = { readonly engine: HeavyEngine; readonly why: string }

/**
 * The engine for larger epochs where an epoch of a type is one, and there is such an engine: the first that
 * takes on so much. Undefined is the engine in the process. Asked again, it is the same as long as the data
 * is.
 */
export async function heavyFor(ports: EnginePorts, work: TypeWork): Promise<HeavyChoice | undefined> {
  const { engine, heavy = [] } = ports
  if (heavy.length === 0) return undefined
  const bytes = await bytesBeyond(ports, work)
  if (bytes === undefined) return undefined
  const at = heavy.findIndex(each => bytes <= each.limits.largestEpoch)
  if (at < 0) return undefined
  const below = heavy[at - 1]?.limits.largestEpoch ?? engine.limits.largestEpoch
  return { engine: heavy[at]!, why: `${heavy[at]!.name}: ${megabytes(bytes)} above ${megabytes(below)}` }
}

/** Why no engine refines an epoch of a type; undefined where one does. */
export async function tooLarge(ports: EnginePorts, work: TypeWork): Promise<TributaryError | undefined> {
  const { heavy = [], engine } = ports
  const bytes = await bytesBeyond(ports, work)
  if (bytes === undefined) return undefined
  const choice = await heavyFor(ports, work)
  if (choice !== undefined && !(await isUnchecked(ports, work.type, work.epoch))) return undefined
  const remedy = choice === undefined ? REMEDY : olderThanDeclared(choice.engine)
  const most = heavy.reduce((n, { limits }) => Math.max(n, limits.largestEpoch), engine.limits.largestEpoch)
  return new TributaryError(
    'too_large',
    `epoch ${pathInstant(work.epoch)} of ${work.type} has ${bytes} bytes of raw data, and TRIBUTARY_LARGEST_EPOCH (the parameter largestEpoch) allows ` +
      `${choice === undefined ? most : engine.limits.largestEpoch}: ${remedy}`,
  )
}

const REMEDY =
  'raise it, with the memory of the batch functions; on one machine TRIBUTARY_SPARK=local[2] has Spark compute larger epochs'

function olderThanDeclared({ name }: HeavyEngine): string {
  return `its events may be older than what is declared, which ${name} does not read; raise it until this epoch is done`
}

/**
 * Raw data must fit an engine, before a run begins with it.
 *
 * @throws TributaryError `too_large` naming the settings
 */
export async function requireFits(ports: EnginePorts, types: readonly TypeWork[]): Promise<void> {
  for (const each of types) {
    const problem = await tooLarge(ports, each)
    if (problem !== undefined) throw problem
  }
}

/** Stored bytes of an epoch that is larger than the engine in the process takes on. */
async function bytesBeyond({ lake, engine }: EnginePorts, work: TypeWork): Promise<number | undefined> {
  const { largestEpoch } = engine.limits
  if (largestEpoch === Number.POSITIVE_INFINITY) return undefined
  const bytes = await bytesOf(lake, work)
  return bytes > largestEpoch ? bytes : undefined
}

/** Of an epoch whose raw data has expired, its curated rows say how large it is. */
async function bytesOf(lake: EnginePorts['lake'], { type, epoch }: TypeWork): Promise<number> {
  const raw = sum(await lake.list(rawFolder(type, epoch)))
  return raw > 0 ? raw : sum(await lake.list(curatedFolder(type, epoch)))
}

function sum(objects: readonly { readonly bytes: number }[]): number {
  return objects.reduce((bytes, object) => bytes + object.bytes, 0)
}

function megabytes(bytes: number): string {
  return `${Number((bytes / 1e6).toPrecision(3))} MB`
}
