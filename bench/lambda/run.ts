import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { buildFunctions } from '../../deploy/build.ts'
import { type Declarations, loadDeclarations } from '../../drivers/pipeline/folder.ts'
import { writeContracts } from '../../layers/contracts/build.ts'
import { type Figure, tableOf } from '../figure.ts'
import { bundleFigures, bundleOf, MEASURED } from './bundles.ts'
import { workloadFigures } from './cost.ts'
import { yearFigures } from './year.ts'

/**
 * `npm run bench:lambda [-- --only starts|work|year] [--json] …`: size and start of every function's bundle,
 * then what ingest and speed take and what AWS would bill for it, then what a run asks for after a year.
 * Nothing is written. The machine should have nothing else to do.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    /** Whose prices a year's requests have. */
    region: { type: 'string', default: 'eu-central-1' },
    /** Functions that are started, separated by commas. */
    functions: { type: 'string' },
    /** Fresh processes a function. */
    rounds: { type: 'string', default: '15' },
    rate: { type: 'string', default: '1000' },
    /** Seconds of the batching window, and how many of them; the first is not measured. */
    window: { type: 'string', default: '10' },
    windows: { type: 'string', default: '3' },
    /** Events of a request, and bytes of an event. */
    batch: { type: 'string', default: '100' },
    bytes: { type: 'string', default: '1024' },
    boards: { type: 'string', default: '500' },
    partitions: { type: 'string', default: '100' },
    shards: { type: 'string', default: '4' },
    parallelization: { type: 'string', default: '2' },
  },
})
const number = (name: Exclude<keyof typeof values, 'only' | 'json' | 'region' | 'functions'>) =>
  Number(values[name])

const declared = await loadDeclarations(resolve(import.meta.dirname, '..', '..', 'pipeline'))
const figures: Figure[] = []
const wants = (part: 'starts' | 'work' | 'year') => values.only === undefined || values.only === part
if (wants('starts')) {
  process.stderr.write('starts …\n')
  figures.push(
    ...(await bundleFigures(await contractsOf('event'), number('rounds'), values.functions?.split(','))),
  )
}
if (wants('work')) figures.push(...(await work()))
if (wants('year')) {
  process.stderr.write('a year …\n')
  figures.push(...(await yearFigures(values.region)))
}
process.stdout.write(values.json ? `${JSON.stringify(figures, null, 2)}\n` : `${tableOf(figures)}\n`)

async function work(): Promise<readonly Figure[]> {
  await buildFunctions(['ingest', 'speed'], MEASURED)
  const all: Figure[] = []
  for (const dedupe of ['event', 'record'] as const) {
    process.stderr.write(`ingest and speed, dedupe: ${dedupe} …\n`)
    all.push(
      ...(await workloadFigures(`dedupe ${dedupe}`, workload(), { contracts: await contractsOf(dedupe) })),
    )
  }
  return all
}

function workload() {
  return {
    bundles: { ingest: bundleOf('ingest'), speed: bundleOf('speed') },
    windows: number('windows'),
    requests: Math.round((number('rate') * number('window')) / number('batch')),
    perRequest: number('batch'),
    bytes: number('bytes'),
    boards: number('boards'),
    partitions: number('partitions'),
    shards: number('shards'),
    parallelization: number('parallelization'),
    batchSize: 1000,
  }
}

/** The sample pipeline's contracts, all with one way of telling duplicates. */
async function contractsOf(dedupe: 'event' | 'record'): Promise<string> {
  const contracts = declared.contracts.map(({ file, declaration }) => ({
    file,
    declaration: { ...declaration, dedupe },
  }))
  const file = join(MEASURED, `contracts-${dedupe}.mjs`)
  await mkdir(MEASURED, { recursive: true })
  await writeContracts({ ...declared, contracts } satisfies Declarations, file)
  return file
}
