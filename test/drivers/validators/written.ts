import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { CompiledContracts } from '../../../drivers/pipeline/compiled.ts'
import type { Declarations } from '../../../drivers/pipeline/folder.ts'
import { writeContracts } from '../../../layers/contracts/build.ts'

/** The contracts layer of declarations, written and imported. */
export async function written(declarations: Declarations): Promise<CompiledContracts> {
  const folder = mkdtempSync(join(tmpdir(), 'contracts-'))
  const file = join(folder, 'index.mjs')
  await writeContracts(declarations, file)
  const module = (await import(pathToFileURL(file).href)) as CompiledContracts
  rmSync(folder, { recursive: true })
  return module
}
