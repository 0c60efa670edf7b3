import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ContractDeclaration } from '../core/declare/contract.ts'
import type { MetricDeclaration } from '../core/declare/metric.ts'
import type { Pipeline } from '../core/declare/pipeline.ts'
import { loadPipeline } from '../drivers/pipeline/folder.ts'

/** A pipeline twice: as users write it, for the reference, and compiled, for what is tested. */
export type Declared = {
  readonly pipeline: Pipeline
  readonly contracts: readonly ContractDeclaration[]
  readonly metrics: readonly MetricDeclaration[]
}

export const SAMPLE = join(import.meta.dirname, '..', 'pipeline')
export const HOSTILE = join(import.meta.dirname, 'fixtures', 'pipeline')

export async function loadDeclared(folder: string): Promise<Declared> {
  return {
    pipeline: await loadPipeline(folder),
    contracts: await declarations<ContractDeclaration>(join(folder, 'contracts')),
    metrics: await declarations<MetricDeclaration>(join(folder, 'metrics')),
  }
}

async function declarations<T>(folder: string): Promise<readonly T[]> {
  const names = (await readdir(folder)).sort()
  return Promise.all(
    names.map(async name => {
      const path = join(folder, name)
      if (name.endsWith('.json')) return JSON.parse(await readFile(path, 'utf8')) as T
      return ((await import(pathToFileURL(path).href)) as { default: T }).default
    }),
  )
}
