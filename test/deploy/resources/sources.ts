import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'

const RESOURCES = join(import.meta.dirname, '../../../resources')

/** A file of resources/ as it is written: what CloudFormation's short forms (`!Ref`) are of is left. */
export const readSource = async <T>(name: string): Promise<T> =>
  parse(await readFile(join(RESOURCES, name), 'utf8'), { logLevel: 'silent' }) as T

export type Resources = Readonly<Record<string, Declared>>
type Declared = { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }
