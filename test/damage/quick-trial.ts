import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { examine } from '../../local/damage/examine.ts'
import type { Finding } from '../../local/damage/finding.ts'
import { SAMPLE } from '../declared.ts'
import { drawDamage } from './damage.ts'
import type { CrashedFolder } from './folder.ts'
import { expectedOf } from './judge.ts'
import { EPOCH_SECONDS } from './process.ts'
import { contentOf, HORIZON, type Reopened, reopen } from './reopen.ts'
import { randomFrom } from './traffic.ts'
import type { Trial } from './trial.ts'

/** What an undamaged copy comes to. */
export type Reference = { readonly content: unknown; readonly answers: Reopened['answers'] }

export const REMEDY = 'tributary doctor'

export async function referenceOf(folder: CrashedFolder): Promise<Reference> {
  return onCopy(folder, async data => {
    const found = await doctor(data)
    if (found.length > 0) throw new Error(`an undamaged folder is found damaged: ${JSON.stringify(found)}`)
    return { content: await contentOf(data), answers: await expectedOf(folder.events) }
  })
}

/**
 * Damages one file of a copy of a folder and opens it in this process, before `doctor` and after: then
 * everything must be as in an undamaged copy, or named.
 */
export async function tryDamageQuickly(
  folder: CrashedFolder,
  reference: Reference,
  seed: number,
): Promise<Trial> {
  const faults: string[] = []
  const course: string[] = []
  let text = ''
  try {
    await onCopy(folder, async data => {
      const damage = await drawDamage(data, randomFrom(seed))
      text = damage.text
      await damage.apply()
      await onCopy({ data }, copy => openDamaged(folder, reference, copy, damage.file, faults, course))
      await openRepaired(folder, reference, data, damage.file, faults, course)
    })
  } catch (error) {
    faults.push(`trial failed: ${error instanceof Error ? error.stack : String(error)}`)
  }
  return { seed, damage: text, faults, course: course.join(' → ') }
}

async function openDamaged(
  folder: CrashedFolder,
  { answers }: Reference,
  data: string,
  file: string,
  faults: string[],
  course: string[],
): Promise<void> {
  try {
    const found = await reopen(data, folder.events)
    const wrong = wrongOf(found, folder, answers)
    course.push(wrong ?? 'right')
    const isNamed = found.said.includes(REMEDY) && names(found.said, file)
    if (wrong !== undefined && !isNamed) faults.push(`silent: ${wrong}`)
  } catch (error) {
    const said = String(error)
    course.push(`refused: ${said}`)
    if (!said.includes(REMEDY) || !names(said, file)) faults.push(`refusal without name: ${said}`)
  }
}

async function openRepaired(
  folder: CrashedFolder,
  reference: Reference,
  data: string,
  file: string,
  faults: string[],
  course: string[],
): Promise<void> {
  const found = await doctor(data)
  course.push(
    `doctor: ${found.map(one => `${one.isLeft ? 'LEFT ' : ''}${one.file}: ${one.problem}; ${one.outcome}`).join(' | ')}`,
  )
  if (found.some(({ isLeft, file: named }) => isLeft && names(named, file))) return
  const content = await contentOf(data)
  if (!isDeepStrictEqual(content, reference.content)) faults.push('the lake differs after doctor')
  const wrong = wrongOf(await reopen(data, folder.events), folder, reference.answers)
  course.push(wrong ?? 'right')
  if (wrong !== undefined) faults.push(`wrong after doctor: ${wrong}`)
  const again = await doctor(data)
  if (again.length > 0) faults.push(`doctor finds more the second time: ${JSON.stringify(again)}`)
}

/** What of an opened folder is not as it should be. */
export function wrongOf(
  found: Reopened,
  folder: CrashedFolder,
  answers: Reopened['answers'],
): string | undefined {
  for (const [metric, values] of Object.entries(answers))
    if (!isDeepStrictEqual(found.answers[metric], values)) return `${metric} differs`
  if (found.countedAgain > 0) return `${found.countedAgain} events would count again`
  if (found.rejected !== folder.rejected) return `${found.rejected} rejected events`
  return undefined
}

export function doctor(data: string, acceptLoss = false): Promise<readonly Finding[]> {
  const settings = {
    ...{
      data,
      pipeline: SAMPLE,
      epochLength: EPOCH_SECONDS * 1000,
      lanes: 2,
      dedupeHorizon: { epochs: HORIZON },
    },
  }
  return examine({ settings, acceptLoss, tell: () => undefined })
}

export async function onCopy<T>(
  folder: { readonly data: string },
  work: (data: string) => Promise<T>,
): Promise<T> {
  const data = await mkdtemp(join(tmpdir(), 'tributary-damaged-'))
  try {
    await cp(folder.data, data, { recursive: true })
    return await work(data)
  } finally {
    await rm(data, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Does a text name the file, or a folder that it lies in? */
function names(text: string, file: string): boolean {
  const parts = file.split('/')
  const folder = parts.slice(0, -1).join('/')
  return text.includes(parts.at(-1)!) || (folder !== '' && text.includes(folder))
}
