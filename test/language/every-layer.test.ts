import { expect, test } from 'vitest'
import { writtenContracts } from './contracts.ts'
import { tryContracts } from './trial.ts'

/**
 * Contracts in the language of docs/declare.md, generated, and values that they take, through ingest, the
 * speed layer, the batch layer, the lake, the warehouse and the API's description. CONTRACTS and VALUES say
 * how many (docs/exactness.md), SEED which.
 */
const CONTRACTS = Number(process.env['CONTRACTS'] ?? 12)
const VALUES = Number(process.env['VALUES'] ?? 20)
const SEED = Number(process.env['SEED'] ?? 1)
/** Contracts of one platform. */
const TOGETHER = 100

const trials = Array.from({ length: Math.ceil(CONTRACTS / TOGETHER) }, (_, i) => i)

test.each(trials)(
  'generated contracts mean one thing in every layer (platform %i)',
  async i => {
    const count = Math.min(TOGETHER, CONTRACTS - i * TOGETHER)
    const seed = SEED * 1000 + i
    const trial = await tryContracts(writtenContracts(count, seed), VALUES, seed)
    console.info(`${count} contracts, ${trial.accepted} events accepted, ${trial.rejected} rejected`)
    const { differences, failures } = trial
    expect({ differences: differences.slice(0, 20), failures }).toEqual({ differences: [], failures: [] })
    expect(trial.accepted).toBeGreaterThan(0.9 * count * VALUES)
  },
  500_000,
)
