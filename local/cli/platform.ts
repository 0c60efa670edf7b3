import type { AnswerOf } from '../../functions/table.ts'
import { type Connection, connect } from './client.ts'
import { type Environment, print, printTable, Unsuccessful } from './environment.ts'

/** `tributary metrics list`. */
export async function listMetrics(environment: Environment, flags: Connection): Promise<void> {
  const client = await connect(environment, flags)
  const { metrics } = await client.call('GET /v1/metrics')
  if (flags.json) return print(environment, JSON.stringify(metrics))
  const names = (list: readonly { readonly name: string }[]) => list.map(one => one.name).join(', ')
  printTable(environment, [
    ['metric', 'window', 'by', 'measures'],
    ...metrics.map(one => [one.name, one.window, names(one.by), names(one.measures)]),
  ])
}

/** `tributary health`: exit code 1 unless all is well. */
export async function health(environment: Environment, flags: Connection): Promise<void> {
  const client = await connect(environment, flags)
  const answer = await client.send('GET', '/v1/health')
  const report = answer.body as AnswerOf<'GET /v1/health'>
  if (flags.json) print(environment, JSON.stringify(report))
  else {
    print(environment, report.status)
    for (const [name, { status, ...detail }] of Object.entries(report.parts ?? {}))
      print(environment, `  ${name}: ${status}  ${JSON.stringify(detail)}`)
  }
  if (report.status !== 'ok') throw new Unsuccessful()
}
