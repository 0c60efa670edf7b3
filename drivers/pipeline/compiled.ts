import { resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import type { Pipeline } from '../../core/declare/pipeline.ts'
import { TributaryError } from '../../core/errors.ts'
import type { Validators } from '../../core/ports/validators.ts'
import { urlInLayer } from '../layer.ts'
import { CONTRACTS_PACKAGE } from './compiled-package.ts'

/**
 * What the contracts layer exports: the folder `pipeline/` as it was at packaging, and a validator a
 * contract, already compiled.
 */
export type CompiledContracts = { readonly pipeline: Pipeline; readonly validators: Validators }

/**
 * Imports compiled contracts: from `file`, else from the layer.
 *
 * @throws TributaryError `invalid_setting` where there are none
 */
export async function importCompiled(file: string | undefined): Promise<CompiledContracts> {
  try {
    return await import(
      file === undefined ? urlInLayer(CONTRACTS_PACKAGE) : pathToFileURL(resolve(file)).href
    )
  } catch (cause) {
    const place = file === undefined ? 'the contracts layer' : `TRIBUTARY_CONTRACTS=${file}`
    throw new TributaryError(
      'invalid_setting',
      `${place} cannot be imported; attach the layer, or build it with node deploy/build.ts`,
      { cause },
    )
  }
}

/**
 * The compiled contracts of this function, by the setting TRIBUTARY_CONTRACTS or the layer; imported once,
 * while Lambda starts it.
 */
export const { pipeline, validators } = await importCompiled(process.env['TRIBUTARY_CONTRACTS'])
