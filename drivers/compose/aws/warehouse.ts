import type { Pipeline } from '../../../core/declare/pipeline.ts'
import { readableColumns } from '../../../core/lake/readable-columns.ts'
import type { Warehouse } from '../../../core/ports/warehouse.ts'
import * as clients from '../../aws/clients.ts'
import { s3Uri } from '../../lake/s3/uri.ts'
import { READER } from '../../warehouse/redshift/grants.ts'
import { createRedshiftWarehouse } from '../../warehouse/redshift/redshift.ts'
import { loaderOf, makeRoles } from '../../warehouse/redshift/roles.ts'
import { REDSHIFT_TEXTS } from '../../warehouse/redshift/sql.ts'
import type { RedshiftWorkgroup } from '../../warehouse/redshift/statements.ts'
import type { AwsSettings } from './aws-settings.ts'
import { settings } from './common.ts'

const warehouseWorkgroup = () => settings.find('TRIBUTARY_WAREHOUSE_WORKGROUP')

/** How the warehouse's files are to be written; false where there is none. */
export const warehouseTexts = () => warehouseWorkgroup() !== undefined && REDSHIFT_TEXTS

/** The warehouse; undefined where the stack has none. */
export function warehouse(pipeline: Pick<Pipeline, 'latest' | 'metrics'>): Warehouse | undefined {
  const workgroup = warehouseWorkgroup()
  if (workgroup === undefined) return undefined
  return redshiftOf({ client: clients.redshiftDataClient(), workgroup }, settings, pipeline)
}

/**
 * The warehouse of a stack: loaded by the user that the function's role is there, whom the administrator
 * makes first, and shown to the role for BI.
 */
function redshiftOf(
  known: Pick<RedshiftWorkgroup, 'client' | 'workgroup'>,
  settings: AwsSettings,
  pipeline: Pick<Pipeline, 'latest' | 'metrics'>,
): Warehouse {
  const workgroup = { ...known, database: settings.need('TRIBUTARY_WAREHOUSE_DATABASE') }
  const lake = settings.need('TRIBUTARY_LAKE')
  const owner = {
    // The stack's own database; its lake is what no other stack has.
    ...{ schema: 'public', platform: lake },
    reader: { role: READER, columns: readableColumns(pipeline) },
  }
  const admin = { ...workgroup, secret: settings.need('TRIBUTARY_WAREHOUSE_SECRET') }
  const loader = loaderOf(settings.need('TRIBUTARY_WAREHOUSE_LOADER'))
  return createRedshiftWarehouse({
    ...workgroup,
    ...owner,
    prepare: () => makeRoles(admin, owner, loader),
    role: settings.need('TRIBUTARY_WAREHOUSE_ROLE'),
    uri: path => s3Uri(lake, path),
  })
}
