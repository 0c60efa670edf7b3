import * as Type from 'typebox'
import * as schemas from '../../core/api/alert-schemas.ts'
import { json, limit, type Parameter, problem } from '../../core/api/route.ts'
import { LIMITED, type Rows, text } from './row.ts'

const NAME: Readonly<Record<string, Parameter>> = { name: { schema: text, description: 'Alert' } }
const LOCAL = 'On one machine; not on AWS.'

/** Alerts and dashboards. Nothing on AWS answers them (docs/decisions/0085). */
export const ROUTES = {
  'GET /v1/alerts': {
    ...{ operation: 'listAlerts', summary: 'The alerts, and how each stands', scope: 'read' },
    ...{ function: 'alerts', description: LOCAL },
    answers: { 200: json('Alerts', schemas.Alerts) },
  },
  'GET /v1/alerts/{name}/history': {
    ...{ operation: 'readAlertHistory', summary: 'What happened to an alert, newest first', scope: 'read' },
    ...{ function: 'alerts', description: LOCAL, path: NAME },
    query: {
      before: {
        schema: Type.Integer({ minimum: 0, maximum: 999_999_999_999_999 }),
        description: 'Cursor: `next` of the answer before',
      },
      limit: limit(100),
    },
    answers: { 200: json('Entries', schemas.AlertHistory), 404: problem('No such alert') },
  },
  'POST /v1/alerts/{name}/silence': {
    ...{ operation: 'silenceAlert', summary: 'Hold its messages back for a time', scope: 'admin' },
    ...{ function: 'alerts', path: NAME },
    description: `Windows are judged all the same. ${LOCAL}`,
    body: { 'application/json': schemas.Silence },
    answers: { 200: json('The alert', schemas.Alert), 404: problem('No such alert') },
  },
  'POST /v1/alerts/{name}/unsilence': {
    ...{ operation: 'unsilenceAlert', summary: 'End the silence', scope: 'admin' },
    ...{ function: 'alerts', description: LOCAL, path: NAME },
    answers: { 200: json('The alert', schemas.Alert), 404: problem('No such alert') },
  },
  'GET /v1/dashboards': {
    ...{ operation: 'listDashboards', summary: 'The declared dashboards', scope: 'read' },
    ...{ function: 'dashboards', keepsTo: LIMITED, description: LOCAL },
    answers: { 200: json('Dashboards', schemas.Dashboards) },
  },
} satisfies Rows<never>
