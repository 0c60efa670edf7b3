import * as Type from 'typebox'
import { DraftRequest, Drafts } from '../../core/api/draft-schemas.ts'
import { json, problem } from '../../core/api/route.ts'
import * as schemas from '../../core/api/schemas.ts'
import { type Functions, LIMITED, type Rows, SMALL, text } from './row.ts'

/** What shows the registry of contracts. */
export const FUNCTIONS = {
  contracts: {
    description: 'Lists declared event types and their JSON Schemas',
    ...{ memory: SMALL, timeout: 10, layers: ['contracts'] },
    ...{ may: ['countUse'], parts: ['pipeline'] },
  },
} satisfies Functions

export const ROUTES = {
  'GET /v1/contracts': {
    ...{ operation: 'listContracts', summary: 'The registry', scope: 'read', function: 'contracts' },
    keepsTo: LIMITED,
    answers: { 200: json('Contracts', schemas.Contracts) },
  },
  'POST /v1/contracts/draft': {
    ...{ operation: 'draftDeclarations', summary: 'Files that samples would be declared by', scope: 'read' },
    ...{ function: 'contracts', keepsTo: LIMITED },
    description:
      'A contract that fits the samples, and a metric over it, as the files of `pipeline/`. Nothing is written, and nothing of the samples is kept.',
    body: { 'application/json': DraftRequest },
    answers: { 200: json('Drafts', Drafts) },
  },
  'GET /v1/contracts/{type}/{version}': {
    ...{ operation: 'readContract', summary: 'The JSON Schema of an event’s data', scope: 'read' },
    ...{ function: 'contracts', keepsTo: LIMITED },
    path: {
      type: { schema: text, description: 'Event type' },
      version: { schema: Type.Integer({ minimum: 1 }), description: 'Version of the contract' },
    },
    answers: {
      200: { ...json('JSON Schema', schemas.anything), type: 'application/schema+json' },
      404: problem('No such contract'),
    },
  },
} satisfies Rows<keyof typeof FUNCTIONS>
