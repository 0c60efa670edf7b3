import { readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { EmbeddedPaths } from '../../drivers/compose/embedded.ts'
import { checkedJson, damaged, withCheck } from '../../drivers/files/checked-text.ts'
import { ifAbsent, isAbsent, replaceFile, syncFolder } from '../../drivers/files/durable.ts'

/** What doctor makes anew in more steps than one. */
export type Remade = 'log' | 'batch' | 'real-time'

const ALL: readonly Remade[] = ['log', 'batch', 'real-time']

/** The problem of what an earlier doctor has begun to make anew, and not ended. */
export const INTERRUPTED = 'a doctor has begun to make it anew, and not ended'

/**
 * What is just being made anew. It is noted in a file of its own before the first step and until the last
 * one is durable: half of it may look whole, and would answer wrong numbers.
 */
export type Repairs = {
  /** What an earlier doctor has left unfinished. */
  readonly left: ReadonlySet<Remade>
  /** Resolves when the note is durable. */
  begin(...layers: readonly Remade[]): Promise<void>
  /** Resolves when the note is gone. */
  end(layer: Remade): Promise<void>
}

/** Reads what an earlier doctor has left unfinished: everything, where the note itself is damaged. */
export function openRepairs({ repairs: path }: Pick<EmbeddedPaths, 'repairs'>): Repairs {
  const left = new Set(leftIn(path))
  const inHand = new Set(left)
  const note = () => {
    const text = withCheck(JSON.stringify({ layers: [...inHand] }))
    return replaceFile(path, aside => writeFile(aside, text))
  }
  return {
    left,
    async begin(...layers) {
      for (const layer of layers) inHand.add(layer)
      await note()
    },
    async end(layer) {
      inHand.delete(layer)
      if (inHand.size > 0) return note()
      await rm(path, { force: true })
      await syncFolder(dirname(path)).catch(ifAbsent(undefined))
    },
  }
}

/** @throws `corrupt_data` naming what a doctor has begun to make anew, and not ended */
export function requireNoRepairs(paths: EmbeddedPaths): void {
  const places: Readonly<Record<Remade, string>> = {
    log: paths.log,
    batch: paths.batch,
    'real-time': paths.realTime,
  }
  for (const layer of readLayers(paths.repairs)) throw damaged(places[layer], INTERRUPTED)
}

function leftIn(path: string): readonly Remade[] {
  try {
    return readLayers(path)
  } catch {
    return ALL
  }
}

/** @throws `corrupt_data` naming the file */
function readLayers(path: string): readonly Remade[] {
  const text = textOf(path)
  if (text === undefined) return []
  const { layers } = checkedJson(path, text) as { readonly layers?: unknown }
  if (Array.isArray(layers) && layers.every(layer => ALL.includes(layer as Remade))) return layers as Remade[]
  throw damaged(path, 'it does not say what is being made anew')
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}
