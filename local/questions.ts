import { setTimeout as pause } from 'node:timers/promises'
import type { WriteTable } from '../core/api/answer-table.ts'
import type { TributaryError } from '../core/errors.ts'
import type { Ledger } from '../core/ports/ledger.ts'
import type { Rejected } from '../core/ports/rejected.ts'
import type { RealTimeViews } from '../core/ports/views.ts'
import { type openBatchEnvironment, openBatchViews, openHolds } from '../drivers/compose/embedded.ts'
import { processName } from '../drivers/process-name.ts'
import { createFollowEvent } from '../steps/events/journey.ts'
import { createListEvents } from '../steps/events/list-events.ts'
import { createExplainMetric } from '../steps/explain/explain.ts'
import { inTurn } from '../steps/explain/in-turn.ts'
import type { LookIntoLake } from '../steps/explain/look-into-lake.ts'
import type { AskLake } from '../steps/lake/ask-lake.ts'
import { createQueryMetric, type QueryPorts } from '../steps/query-metric.ts'
import type { BatchOffers } from './batch/batch-thread.ts'
import { startFollowing } from './following.ts'
import type { LaneWords } from './stream/lanes/lane-words.ts'
import type { StreamOffers } from './stream/stream-thread.ts'
import type { Caller } from './threads/rpc.ts'

type Opened = 'realTimeViews' | 'countedSince' | 'readPast' | 'batchViews' | 'holds'

export type QuestionPorts = Omit<QueryPorts, Opened> & {
  readonly words: LaneWords
  /** Most readers of answers that are kept up. */
  readonly listeners: number
  readonly report: (failure: TributaryError, of: string) => void
  /** Of the batch views. */
  readonly environment: ReturnType<typeof openBatchEnvironment>
  readonly ledger: Ledger
  readonly rejected: Pick<Rejected, 'list'>
  /** Epochs that an event id is remembered for. */
  readonly horizon: number
  readonly stream: { readonly call: Caller<StreamOffers> }
  readonly batch: { readonly call: Caller<BatchOffers> }
}

/**
 * Numbers that are explained at once, and questions that wait: one core at most is taken from what comes in.
 */
const QUESTIONS = { atOnce: 1, waiting: 4 } as const
/** Longest time that the lake's engine may take for one of them, ms. */
const LOOK_TIMEOUT = 60_000
/** Longest time that a statement may take, and the one before it, ms: each has less by itself. */
const STATEMENT_TIMEOUT = 60_000
/** Longest time an answer of the past may take, ms: a batch may have the processors meanwhile. */
const PAST_TIMEOUT = 120_000

/** What is asked about numbers: what they are, what becomes of them, and what they are made of. */
export function createQuestions({
  stream,
  batch,
  environment,
  words,
  listeners,
  report,
  ...others
}: QuestionPorts) {
  const batchViews = openBatchViews(environment, others.pipeline)
  const ports = { ...others, batchViews, holds: openHolds(environment) }
  const realTimeViews: Pick<RealTimeViews, 'query'> = { query: query => stream.call('query', [query]) }
  const countedSince = { list: () => stream.call('countedSince', []) }
  const readPast: QueryPorts['readPast'] = (query, asOf) =>
    batch.call('readPast', [query, asOf], { timeoutMs: PAST_TIMEOUT })
  const queryMetric = createQueryMetric({ ...ports, realTimeViews, countedSince, readPast })
  const lookIntoLake: LookIntoLake = question =>
    batch.call('lookIntoLake', [question], { timeoutMs: LOOK_TIMEOUT })
  const explainMetric = createExplainMetric({ ...ports, realTimeViews, queryMetric, lookIntoLake, pause })
  const follow = startFollowing({
    ...{ ...ports, words, listeners, process: processName() },
    report: failure => report(failure, 'following'),
  })
  const askLake: AskLake = {
    ask: question => batch.call('askLake', [question], { timeoutMs: STATEMENT_TIMEOUT }),
    cancel: id => batch.call('cancelLake', [id]),
  }
  const writeTable: WriteTable = (table, about) =>
    batch.call('writeTable', [table, about], { timeoutMs: LOOK_TIMEOUT })
  const followEvent = createFollowEvent({
    ...ports,
    lookUpEvent: lookup => batch.call('lookUpEvent', [lookup], { timeoutMs: LOOK_TIMEOUT }),
    findStreamed: text => stream.call('findStreamed', [text]),
    claimsOf: keys => stream.call('claimsOf', [keys]),
  })
  const listEvents = createListEvents({
    ...ports,
    searchEvents: search => batch.call('searchEvents', [search], { timeoutMs: LOOK_TIMEOUT }),
  })
  return {
    ...{ askLake, queryMetric, follow },
    explainMetric: inTurn(QUESTIONS, explainMetric),
    followEvent: inTurn(QUESTIONS, followEvent),
    writeTable: inTurn(QUESTIONS, writeTable),
    listEvents: inTurn(QUESTIONS, listEvents),
  }
}
