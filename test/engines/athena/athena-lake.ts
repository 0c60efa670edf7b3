import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { LakeEngine } from '../../../core/ports/lake-engine.ts'
import {
  type AthenaEngine,
  type AthenaSettings,
  openAthenaEngine,
} from '../../../drivers/lake/athena/athena.ts'
import { installTrino, startTrino, type TrinoFiles } from '../dialects/trino-server.ts'
import { type AthenaDouble, startAthenaDouble } from './athena-double.ts'

/** A Trino with tables in files, and Athena's API before it. */
export type AthenaHere = AthenaDouble & { readonly rows: (sql: string) => Promise<readonly unknown[]> }

export const trinoFiles: () => Promise<TrinoFiles> = installTrino

export async function startAthena(files: TrinoFiles): Promise<AthenaHere> {
  const trino = await startTrino(files, true)
  await trino.rows('CREATE SCHEMA hive.lake')
  const double = await startAthenaDouble(trino.url)
  return {
    ...double,
    rows: trino.rows,
    async stop() {
      await double.stop()
      await trino.stop()
    },
  }
}

/** Athena over the lake of a folder, as larger epochs of it are computed by. */
export function athenaOver(
  folder: string,
  { engine }: { readonly engine: LakeEngine },
  { client }: Pick<AthenaDouble, 'client'>,
  more: Partial<AthenaSettings> = {},
): AthenaEngine {
  return openAthenaEngine({
    ...{ client, workgroup: 'primary', database: 'lake', root: `file://${folder}`, aside: '.aside' },
    limits: { largestEpoch: Number.POSITIVE_INFINITY },
    hold: async () => () => {},
    remove: path => rm(join(folder, path), { recursive: true, force: true }),
    columnsOf: relation =>
      engine.session(async session =>
        (await session.rows(engine.dialect.columns([relation]))).map(row => ({
          name: String(row['column_name']),
          type: String(row['column_type']),
        })),
      ),
    ...more,
  })
}
