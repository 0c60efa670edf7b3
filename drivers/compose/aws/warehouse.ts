import type { Pipeline } from '../../../core/declare/pipeline.ts'
import { readableColumns } from '../../../core/lake/readable-columns.ts'
import type { Warehouse } from '../../../core/ports/warehouse.ts'
import * as clients from '../../aws/clients.ts'
import { s3Uri } from '../../lake/s3/uri.ts'
import { READER } from '../../warehouse/redshift/grants.ts'
import type { SchemaOwner } from '../../warehouse/redshift/marks.ts'
import { createRedshiftWarehouse } from '../../warehouse/redshift/redshift.ts'
import { loaderOf, makeRoles } from '../../warehouse/redshift/roles.ts'
import { REDSHIFT_TEXTS } from '../../warehouse/redshift/sql.ts'
import type { RedshiftWorkgroup } from '../../warehouse/redshift/statements.ts'
import { settings } from './common.ts'

type Declared = Pick<Pipeline, 'latest' | 'metrics' | 'models'>

const nameOfWorkgroup = () => settings.find('TRIBUTARY_WAREHOUSE_WORKGROUP')

/** How the warehouse's files are to be written; false where there is none. */
export const warehouseTexts = () => nameOfWorkgroup() !== undefined && REDSHIFT_TEXTS

/** The warehouse, loaded by the user that the function's own role is there; undefined where there is none. */
export function warehouse(pipeline: Declared): Warehouse | undefined {
  const workgroup = workgroupOf()
  if (workgroup === undefined) return undefined
  const lake = settings.need('TRIBUTARY_LAKE')
  return createRedshiftWarehouse({
    ...workgroup,
    ...ownerOf(pipeline),
    role: settings.need('TRIBUTARY_WAREHOUSE_ROLE'),
    uri: path => s3Uri(lake, path),
  })
}

/** Makes the warehouse's roles, as its administrator; undefined where there is no warehouse. */
export function warehouseRoles(pipeline: Declared): (() => Promise<readonly string[]>) | undefined {
  const workgroup = workgroupOf()
  if (workgroup === undefined) return undefined
  const admin = { ...workgroup, secret: settings.need('TRIBUTARY_WAREHOUSE_SECRET') }
  const loader = loaderOf(settings.need('TRIBUTARY_WAREHOUSE_LOADER'))
  return () => makeRoles(admin, ownerOf(pipeline), loader)
}

function workgroupOf(): RedshiftWorkgroup | undefined {
  const workgroup = nameOfWorkgroup()
  if (workgroup === undefined) return undefined
  const database = settings.need('TRIBUTARY_WAREHOUSE_DATABASE')
  return { client: clients.redshiftDataClient(), workgroup, database }
}

/** The stack's own database; its lake is what no other stack has. */
function ownerOf(pipeline: Declared): Required<SchemaOwner> {
  const reader = { role: READER, columns: readableColumns(pipeline) }
  return { schema: 'public', platform: settings.need('TRIBUTARY_LAKE'), reader }
}
