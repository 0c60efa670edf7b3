import type { Pipeline } from '../core/declare/pipeline.ts'
import type { Source } from '../core/declare/sources/resolve-source.ts'
import { hookDoor } from '../core/doors/hook.ts'
import { compileMapping } from '../core/doors/mapping.ts'
import { signatureProblem } from '../core/doors/signature.ts'
import { TributaryError } from '../core/errors.ts'
import type { Environment } from '../core/setting.ts'
import type { Ingest } from '../steps/ingest.ts'
import { answerOf, throughDoor, withRefusals } from './doors/open-door.ts'
import { type Intake, intakeOf, refusedForNow } from './ingest.ts'
import type { HttpDeps, HttpEvent } from './middleware/http.ts'
import type { Work } from './middleware/http-function.ts'

type HookDeps = Pick<HttpDeps, 'report'> & {
  readonly pipeline: Pick<Pipeline, 'sources'>
  /** Where the secrets of signatures are, by the names that sources give. */
  readonly environment: Environment
}

/** Takes the calls of webhooks in, each from a sender that its source knows by its signature. */
export function createHandler({ ingest, ...deps }: HookDeps & { readonly ingest: Ingest }): Work {
  return createHookHandler(deps, intakeOf(ingest))
}

/** The same for events that are taken in by other means than one step. */
export function createHookHandler({ report, pipeline, environment }: HookDeps, intake: Intake): Work {
  const hooks = new Map(
    pipeline.sources
      .filter(({ door }) => door === 'hook')
      .map(one => [one.name, [one, compileMapping(one)] as const]),
  )
  return async event => {
    const name = event.pathParameters?.['source'] ?? ''
    const [source, mapping] = hooks.get(name) ?? unknown(name)
    requireSignature(source, event, environment)
    const row = {
      door: hookDoor(source, new Date(event.requestContext.timeEpoch).toISOString()),
      key: undefined,
    }
    const through = throughDoor(row, event, () => mapping)
    const sender = { key: `hook:${name}`, address: event.requestContext.http.sourceIp }
    const outcome = await intake(through.request, sender, withRefusals(through, undefined))
    if (outcome.retry.length === 0) return answerOf(row, through, outcome)
    const refused = refusedForNow(outcome)
    report(refused, event.routeKey)
    throw refused
  }
}

function unknown(name: string): never {
  const detail = `no source "${name.slice(0, 48)}" of webhooks is declared; declare one in pipeline/sources/`
  throw new TributaryError('not_found', detail)
}

function requireSignature({ name, signature }: Source, event: HttpEvent, environment: Environment): void {
  const secret = environment[signature!.secret]
  if (secret === undefined || secret === '')
    throw new TributaryError('unavailable', `the secret of source ${name} is not set: ${signature!.secret}`)
  const { headers, body = '', requestContext } = event
  const problem = signatureProblem(signature!, secret, { headers, body }, requestContext.timeEpoch)
  if (problem !== undefined) throw new TributaryError('unauthenticated', problem)
}
