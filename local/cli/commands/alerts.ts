import type { AnswerOf } from '../../../functions/table.ts'
import { type Connection, connect } from '../client.ts'
import { type Environment, print, printTable } from '../environment.ts'

type Alert = AnswerOf<'GET /v1/alerts'>['alerts'][number]
type Entry = AnswerOf<'GET /v1/alerts/{name}/history'>['entries'][number]

/** `tributary alerts list`. */
export async function listAlerts(environment: Environment, flags: Connection): Promise<void> {
  const client = await connect(environment, flags)
  const { alerts } = await client.call('GET /v1/alerts')
  if (flags.json) return print(environment, JSON.stringify(alerts))
  printTable(environment, [
    ['alert', 'state', 'condition', 'judged through', 'to', 'note'],
    ...alerts.map(alert => [
      ...[alert.name, alert.state, conditionOf(alert), alert.judgedThrough ?? ''],
      ...[alert.to.map(({ id }) => id).join(' ') || 'nobody', noteOf(alert)],
    ]),
  ])
}

function conditionOf({ condition, window, for: inRow }: Alert): string {
  return `${condition}, ${inRow === 1 ? `each ${window}` : `${inRow} × ${window}`}`
}

/** What keeps it from telling what it should. */
function noteOf({ silence, waitsFor, leftOut, to }: Alert): string {
  return [
    ...(silence === null ? [] : [`silent until ${silence.until}: ${silence.why}`]),
    ...(waitsFor === null ? [] : [waitsFor]),
    ...(leftOut === 0 ? [] : [`${leftOut} groups more than it judges`]),
    ...to.flatMap(({ id, problem }) => (problem === null ? [] : [`${id}: ${problem}`])),
  ].join('; ')
}

/** `tributary alerts history`. */
export async function showAlertHistory(
  environment: Environment,
  name: string,
  flags: Connection & { readonly limit?: string },
): Promise<void> {
  const client = await connect(environment, flags)
  const query = [['limit', flags.limit ?? '50']] as const
  const page = await client.call('GET /v1/alerts/{name}/history', { path: [name], query })
  if (flags.json) return print(environment, JSON.stringify(page))
  for (const entry of page.entries)
    print(environment, [entry.at, entry.kind, ...wordsOf(entry)].filter(word => word !== '').join('  '))
  if (page.next !== null) print(environment, '… there are more; raise --limit')
}

function wordsOf({ group, window, value, reason, destination, detail, by, why, until }: Entry): string[] {
  return [
    ...[
      window?.start ?? '',
      group === undefined || Object.keys(group).length === 0 ? '' : JSON.stringify(group),
    ],
    ...[value === undefined || value === null ? '' : String(value), reason ?? ''],
    ...[destination ?? '', detail ?? '', by ?? '', until === undefined ? '' : `until ${until}`, why ?? ''],
  ]
}

/** `tributary alerts silence`. */
export async function silenceAlert(
  environment: Environment,
  name: string,
  flags: Connection & { readonly for: string; readonly why: string },
): Promise<void> {
  const client = await connect(environment, flags)
  const body = { for: flags.for, why: flags.why }
  const alert = await client.call('POST /v1/alerts/{name}/silence', { path: [name], body })
  print(environment, flags.json ? JSON.stringify(alert) : `${name} is silent until ${alert.silence?.until}`)
}

/** `tributary alerts unsilence`. */
export async function unsilenceAlert(
  environment: Environment,
  name: string,
  flags: Connection,
): Promise<void> {
  const client = await connect(environment, flags)
  const alert = await client.call('POST /v1/alerts/{name}/unsilence', { path: [name] })
  print(environment, flags.json ? JSON.stringify(alert) : `${name} tells again what it finds`)
}
