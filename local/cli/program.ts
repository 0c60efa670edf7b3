import { Command, CommanderError } from 'commander'
import { CALENDAR_WINDOWS } from '../../core/data/calendar.ts'
import { givenInstant } from '../../core/data/given-instant.ts'
import { formatInstant } from '../../core/data/time.ts'
import { type ErrorCode, TributaryError, toTributaryError } from '../../core/errors.ts'
import type { Connection } from './client.ts'
import { listAlerts, showAlertHistory, silenceAlert, unsilenceAlert } from './commands/alerts.ts'
import { checkEvents } from './commands/check.ts'
import { checkContracts, listContracts } from './commands/contracts.ts'
import { demo } from './commands/demo.ts'
import { doctor } from './commands/doctor.ts'
import { type DraftFlags, draft } from './commands/draft.ts'
import { followEvent } from './commands/event.ts'
import { explain } from './commands/explain.ts'
import { addKeys } from './commands/keys.ts'
import { addMade } from './commands/made.ts'
import { addModels } from './commands/models.ts'
import { type QueryFlags, query } from './commands/query.ts'
import { listRejected, replayRejected } from './commands/rejected.ts'
import { followRun, inputOf, listRuns, showRun, startRun, stopRun } from './commands/runs.ts'
import { type SendFlags, send } from './commands/send.ts'
import { type Environment, printError, Unsuccessful } from './environment.ts'
import { tail } from './following/tail.ts'
import { watchMetric } from './following/watch-metric.ts'
import { health, listMetrics } from './platform.ts'
import { printableLines } from './printable.ts'
import { addProject } from './project/commands.ts'

/** Exit codes: done; done or not, something is wrong; the command was not understood. */
export type ExitCode = 0 | 1 | 2

/** Failures that a different command line would avoid. */
const USAGE: ReadonlySet<ErrorCode> = new Set(['invalid_setting'])

/** Runs one command line (without node and the script) and never throws. */
export async function runCommand(args: readonly string[], environment: Environment): Promise<ExitCode> {
  try {
    await createProgram(environment).parseAsync([...args], { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (error instanceof Unsuccessful) return 1
    if (environment.signal.aborted) {
      printError(environment, 'stopped')
      return 1
    }
    const failure = toTributaryError(error)
    printError(environment, `tributary: ${failure.message}`)
    return USAGE.has(failure.code) ? 2 : 1
  }
}

type Run<A extends unknown[]> = (environment: Environment, ...args: A) => Promise<void>

function createProgram(environment: Environment): Command {
  const program = new Command('tributary')
    .description('Send events to a Tributary platform, query its metrics, run its batches')
    .exitOverride()
    .showHelpAfterError('(tributary --help shows how)')
    .configureOutput({
      writeOut: text => void environment.output.write(text),
      writeErr: text => void environment.errors.write(printableLines(text)),
    })
  const bind =
    <A extends unknown[]>(run: Run<A>) =>
    (...args: A) =>
      run(environment, ...args)

  remote(program, 'send [file]', 'send events: one JSON object a line, or one array; no file: standard input')
    .option('--gzip', 'compress requests')
    .option('--connections <n>', 'requests in flight; more than 1 gives up the order', '1')
    .option('--check', 'say what sending would come to, and send nothing')
    .action(
      bind((world, file: string | undefined, flags: SendFlags & { check?: boolean }) =>
        flags.check ? checkEvents(world, file, flags) : send(world, file, flags),
      ),
    )
  remote(program, 'query <metric>', 'query a metric')
    .option('--from <instant>', 'windows that start at or after')
    .option('--to <instant>', 'windows that start before')
    .option('--window <window>', `${CALENDAR_WINDOWS.join(', ')}; no shorter than declared`)
    .option('--timezone <name>', 'whose days and longer windows, as Europe/Berlin; UTC where none')
    .option('--as-of <moment>', 'as known then: an instant, a date, or the id of a run')
    .option('--by <fields>', 'group by these, separated by commas; "" adds all groups up')
    .option('--layer <layer>', 'merged, batch or speed')
    .option('--where <field=value>', 'only groups with this value; repeatable, one field too', collect)
    .option('--order <names>', 'sort by window, fields or measures; "-" in front: the largest first')
    .option('--limit <n>', 'most rows')
    .option('--watch', 'stay, and show numbers as they change')
    .option('--measure <name>', 'what --watch draws; the first one')
    .action(
      bind((world, metric: string, flags: QueryFlags) =>
        (flags.watch ? watchMetric : query)(world, metric, flags),
      ),
    )
  remote(program, 'tail', 'events as they come in')
    .option('--type <type>', 'of this event type')
    .option('--source <source>', 'of this source')
    .option('--text <text>', 'whose id has this text in it')
    .option('--verdict <verdict>', 'accepted, duplicate or rejected')
    .option('--where <field=value>', 'only events with this value; repeatable', collect)
    .option('--limit <n>', 'end after so many')
    .action(bind(tail))
  remote(program, 'explain <metric>', 'the parts and the events that one number is made of')
    .requiredOption('--at <instant>', 'start of the window')
    .option('--where <field=value>', "the group's value of a field; repeatable", collect)
    .option('--group <json>', 'the group, as a row of `query --json` has it')
    .option('--window <window>', `${CALENDAR_WINDOWS.join(', ')}; no shorter than declared`)
    .option('--timezone <name>', 'whose days and longer windows, as Europe/Berlin; UTC where none')
    .option('--by <fields>', 'the fields of the group, separated by commas; "" adds all groups up')
    .option('--after <cursor>', 'the next page of events')
    .option('--thorough', 'read raw lines however many there are')
    .action(bind(explain))
  remote(program, 'event <id>', 'what became of one event: its receipts, files, and the cells it moved')
    .option('--type <type>', 'of this event type')
    .option('--source <source>', 'of this source')
    .option('--since <instant>', 'received at or after; as long as ids are remembered')
    .option('--until <instant>', 'received at or before')
    .action(bind(followEvent))
  addRuns(program, bind)
  addRejected(program, bind)
  addKeys(program, remote, bind, collect)
  addAlerts(program, bind)
  addContracts(program, bind)
  addModels(program, remote, bind)
  addMade(program, bind, collect)
  addProject(program, bind)
  remote(program.command('metrics').description('the declared metrics'), 'list', 'list them').action(
    bind(listMetrics),
  )
  remote(program, 'health', 'state of every part').action(bind(health))
  remote(program, 'demo', 'stream three million real flights of 2001 through the platform')
    .option('--limit <n>', 'so many flights')
    .option('--speed <n>', 'events a second; else as fast as the platform takes them')
    .option('--connections <n>', 'requests in flight', '4')
    .action(bind(demo))
  program
    .command('doctor')
    .description('verify every file of a stopped platform (TRIBUTARY_DATA), and repair what is damaged')
    .option('--accept-loss', 'go on without acknowledged events that no layer has any more')
    .option('--json', 'answer as JSON')
    .action(bind(doctor))
  return program
}

export type Bind = <A extends unknown[]>(run: Run<A>) => (...args: A) => Promise<void>

function addRuns(program: Command, bind: Bind): void {
  const runs = program.command('runs').description('executions of state machines')
  remote(runs, 'list', 'newest first').option('--limit <n>', 'so many', '20').action(bind(listRuns))
  remote(runs, 'show <id>', 'what a run did').action(bind(showRun))
  remote(runs, 'follow <id>', 'stay until a run ends').action(bind(followRun))
  remote(runs, 'stop <id>', 'end a run after the state it is in; the next one does its work').action(
    bind(stopRun),
  )
  remote(runs, 'start <machine>', 'start a state machine')
    .option('--input <json>', 'its input')
    .option('--follow', 'stay until it ends')
    .action(
      bind((world, machine: string, flags: Connection & { input?: string; follow?: boolean }) =>
        startRun(world, machine, inputOf(flags.input), flags),
      ),
    )
  remote(program, 'backfill', 'compute published epochs anew from raw data')
    .option('--from <instant>', 'first epoch')
    .option('--to <instant>', 'end, not included')
    .option(
      '--last <duration>',
      'in place of both: so much before the end of the newest published epoch, as in 7d',
    )
    .option('--no-follow', 'do not stay until it ends')
    .action(
      bind((world, flags: Connection & Range & { follow: boolean }) =>
        startRun(world, 'backfill', rangeOf(flags), flags),
      ),
    )
  remote(program, 'replay', 'make the real-time views of all epochs that are not published yet anew')
    .option('--no-follow', 'do not stay until it ends')
    .action(bind((world, flags: Connection & { follow: boolean }) => startRun(world, 'replay', {}, flags)))
}

function addRejected(program: Command, bind: Bind): void {
  const rejected = program.command('rejected').description('events that failed their contract')
  const filtered = (command: Command) =>
    command.option('--type <type>', 'of this event type').option('--from <instant>', 'received at or after')
  filtered(remote(rejected, 'list', 'oldest first'))
    .option('--limit <n>', 'so many', '100')
    .action(bind(listRejected))
  filtered(remote(rejected, 'replay', 'send them again, after a fix')).action(bind(replayRejected))
}

function addAlerts(program: Command, bind: Bind): void {
  const alerts = program.command('alerts').description('what is watched, and how it stands')
  remote(alerts, 'list', 'list them').action(bind(listAlerts))
  remote(alerts, 'history <name>', 'what happened to an alert, newest first')
    .option('--limit <n>', 'so many', '50')
    .action(bind(showAlertHistory))
  remote(alerts, 'silence <name>', 'hold its messages back for a time')
    .requiredOption('--for <duration>', 'such as 2h; at most 30d')
    .requiredOption('--why <text>', 'stays with the silence')
    .action(bind(silenceAlert))
  remote(alerts, 'unsilence <name>', 'end the silence').action(bind(unsilenceAlert))
}

function addContracts(program: Command, bind: Bind): void {
  const contracts = program.command('contracts').description('declared event types')
  remote(contracts, 'list', 'list them').action(bind(listContracts))
  contracts
    .command('draft [file]')
    .description('print the file that samples would be declared by: events, or their data, one a line')
    .option('--type <type>', 'the event type, where the samples do not name it')
    .option('--metric', 'the file of a metric over it')
    .option('--pipeline <folder>', 'folder of the declarations there are (TRIBUTARY_PIPELINE)')
    .option('--json', 'everything, as JSON')
    .action(bind((world, file: string | undefined, flags: DraftFlags) => draft(world, file, flags)))
  contracts
    .command('check')
    .description(
      'check the pipeline folder, that versions of a type are compatible, and stored events readable',
    )
    .option('--pipeline <folder>', 'folder to check (TRIBUTARY_PIPELINE)')
    .option(
      '--base <folder>',
      'compare with this state of the folder, such as a checkout of the deployed one',
    )
    .option('--deployed', 'compare with what a running platform declares, as its events stay')
    .option('--url <url>', 'that platform (TRIBUTARY_URL; http://127.0.0.1:8080)')
    .option('--key <key>', 'its key (TRIBUTARY_KEY)')
    .option('--json', 'answer as JSON')
    .action(bind(checkContracts))
}

function collect(one: string, all: readonly string[] = []): readonly string[] {
  return [...all, one]
}

/** A command that talks to a platform. */
function remote(parent: Command, usage: string, description: string): Command {
  return parent
    .command(usage)
    .description(description)
    .option('--url <url>', 'the platform (TRIBUTARY_URL; http://127.0.0.1:8080)')
    .option('--key <key>', 'key (TRIBUTARY_KEY; else the development key of the data folder)')
    .option('--json', 'answer as JSON')
}

type Range = { readonly from?: string; readonly to?: string; readonly last?: string }

/** The range of a backfill as its input. */
function rangeOf({ from, to, last }: Range): Range {
  return {
    ...(from !== undefined && { from: fullInstant('--from', from) }),
    ...(to !== undefined && { to: fullInstant('--to', to) }),
    ...(last !== undefined && { last }),
  }
}

function fullInstant(flag: string, text: string): string {
  const ms = givenInstant(text)
  if (ms !== undefined) return formatInstant(ms)
  throw new TributaryError(
    'invalid_setting',
    `${flag} "${text}" is not possible; give 2026-01-31 or an instant`,
  )
}
