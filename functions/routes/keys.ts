import * as keys from '../../core/api/key-schemas.ts'
import { json, problem } from '../../core/api/route.ts'
import { type Functions, type Rows, SMALL, text } from './row.ts'

/** What makes, lists and revokes keys. */
export const FUNCTIONS = {
  keys: {
    description: 'Makes, lists and revokes keys',
    ...{ memory: SMALL, timeout: 10, layers: ['contracts'] },
    ...{ may: ['readKeys', 'manageKeys', 'countUse'], parts: ['managedKeys', 'setKeys', 'now'] },
  },
} satisfies Functions

export const ROUTES = {
  'GET /v1/keys': {
    ...{ operation: 'listKeys', summary: 'The keys and what each may do', scope: 'admin', function: 'keys' },
    description: 'No secrets: they are told when a key is made, and kept by nobody here.',
    answers: { 200: json('Keys', keys.Keys) },
  },
  'POST /v1/keys': {
    ...{ operation: 'makeKey', summary: 'Make a key, or a signer of tokens', scope: 'admin' },
    ...{ function: 'keys', body: { 'application/json': keys.NewKey } },
    answers: {
      201: json('The key, and its secret, this once', keys.MadeKey),
      409: problem('There is a key of this name, or there are too many'),
    },
  },
  'DELETE /v1/keys/{name}': {
    ...{ operation: 'revokeKey', summary: 'Revoke a key', scope: 'admin', function: 'keys' },
    description:
      'It is worth nothing from then on, on AWS 5 seconds later at most; nor are tokens it signed.',
    path: { name: { schema: text, description: 'Name of the key' } },
    answers: {
      200: json('It is revoked', keys.RevokedKey),
      404: problem('No such key'),
      409: problem('The key stands in the settings'),
    },
  },
} satisfies Rows<keyof typeof FUNCTIONS>
