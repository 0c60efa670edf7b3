import { json } from '../../core/api/route.ts'
import * as schemas from '../../core/api/schemas.ts'
import { type Functions, type Rows, SMALL, text } from './row.ts'

/** What says how the platform does and what can be asked of it. */
export const FUNCTIONS = {
  health: {
    description: 'State of each part',
    ...{ memory: SMALL, timeout: 10, layers: ['contracts'] },
    ...{ may: ['readRuns', 'readBoundaries', 'readKeys'], parts: ['health', 'mayRead'] },
  },
  openapi: {
    description: 'The OpenAPI description',
    ...{ memory: SMALL, timeout: 10, layers: ['contracts'] },
    ...{ may: [], parts: ['document'] },
  },
} satisfies Functions

export const ROUTES = {
  'GET /v1/health': {
    ...{ operation: 'health', summary: 'State of every part', scope: undefined, function: 'health' },
    answers: {
      200: json('Requests are served', schemas.Health),
      503: json('Starting', schemas.Health),
    },
  },
  'GET /openapi.json': {
    ...{ operation: 'openapi', summary: 'This document', scope: undefined, function: 'openapi' },
    answers: { 200: json('OpenAPI 3.1', schemas.anything) },
  },
  'GET /metrics': {
    ...{ operation: 'prometheus', summary: 'Prometheus metrics', scope: 'read', function: 'prometheus' },
    answers: { 200: { description: 'Metrics', schema: text, type: 'text/plain' } },
  },
} satisfies Rows<keyof typeof FUNCTIONS>
