import * as Type from 'typebox'
import * as lake from '../../core/api/lake-schemas.ts'
import { json, problem } from '../../core/api/route.ts'
import { LIMITED, type Rows, text } from './row.ts'

export const ROUTES = {
  'GET /v1/lake/tables': {
    ...{ operation: 'listLakeTables', summary: 'The tables of the lake and their columns', scope: 'read' },
    ...{ function: 'lake', keepsTo: LIMITED },
    description: 'Those that the key may read; raw lines for admins. On one machine; not on AWS.',
    answers: { 200: json('Tables', lake.LakeTables) },
  },
  'POST /v1/lake/query': {
    ...{ operation: 'queryLake', summary: 'Read the lake by SQL', scope: 'read', function: 'lake' },
    ...{ keepsTo: LIMITED, isAudited: true },
    description:
      'One statement of DuckDB that reads; one at a time. It finds the rows that the key may read, and no others. On one machine; not on AWS.',
    body: { 'application/json': lake.LakeQuery },
    answers: {
      200: {
        ...json('Rows, cut at the limits; a file has all of them', lake.LakeAnswer),
        otherTypes: {
          'text/csv': text,
          'application/vnd.apache.parquet': Type.String({ format: 'binary' }),
        },
      },
      409: problem('The statement was cancelled, or another one with its id is running'),
      413: problem('The statement takes too much time or memory, or its file would be too large'),
    },
  },
  'DELETE /v1/lake/queries/{id}': {
    ...{ operation: 'cancelLakeQuery', summary: 'Cancel a statement', scope: 'read', function: 'lake' },
    keepsTo: LIMITED,
    description: 'On one machine; not on AWS.',
    path: { id: { schema: text, description: 'The id that was sent with the statement' } },
    answers: {
      200: json('It ends', lake.LakeCancelled),
      404: problem('No statement with this id is running'),
    },
  },
} satisfies Rows<never>
