import { Ajv } from 'ajv'
import secure from 'ajv/lib/refs/json-schema-secure.json' with { type: 'json' }
import type { Contract } from '../../core/declare/pipeline.ts'
import { TributaryError } from '../../core/errors.ts'

const isSecure = new Ajv({ strict: false }).compile(secure)

/**
 * Refuses a schema that Ajv's meta-schema for untrusted data does not take: texts that are matched have a
 * largest length, lists that are compared a largest number of items. A schema in normal form has both.
 *
 * @throws TributaryError `invalid_declaration` naming the contract and the place
 */
export function refuseInsecure({ type, version, data }: Contract): void {
  if (isSecure(data)) return
  const [error] = isSecure.errors ?? []
  throw new TributaryError(
    'invalid_declaration',
    `contract ${type} version ${version}: data${error?.instancePath} ${error?.message}, or judging an event has no bound`,
  )
}
