import type { Context } from 'aws-lambda'
import { catalogTables } from '../../drivers/catalog/glue/tables.ts'
import { glueCatalog } from '../../drivers/compose/aws/catalog.ts'
import { settings } from '../../drivers/compose/aws.ts'
import { pipeline } from '../../drivers/pipeline/compiled.ts'
import { observed } from '../observability/observed.ts'
import { logger } from '../observability/telemetry.ts'

const tables = catalogTables(pipeline, {
  lake: settings.need('TRIBUTARY_LAKE'),
  epochLength: settings.need('TRIBUTARY_EPOCH'),
})

/** Leaves time to say what was not done; the next call goes on where this one stood. */
const MARGIN_MS = 2_000

/** Brings the tables of Athena to what is declared. */
export const handler = observed(async (_event: unknown, context: Context) => {
  const timeLeft = () => context.getRemainingTimeInMillis() - MARGIN_MS
  const changes = await glueCatalog(settings, timeLeft).bring(tables)
  if (Object.values(changes).some(names => names.length > 0)) logger.info('the catalog has changed', changes)
  return { tables: tables.length, ...changes }
})
