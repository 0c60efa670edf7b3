import type { Contract } from '../pipeline.ts'
import {
  type ContractChoices,
  contractFile,
  type DraftContract,
  type DraftFile,
  draftContract,
} from './draft-contract.ts'
import type { DraftField } from './draft-fields.ts'
import { type DraftMetric, draftMetric, metricFile } from './draft-metric.ts'
import { declarationOf } from './draft-schema.ts'

/** Files of a contract and of a metric over it, and all that they say, to be looked at and changed. */
export type Drafts = {
  readonly contract: Omit<DraftContract, 'tree'> & {
    readonly fields: readonly (Omit<DraftField, 'path' | 'items' | 'isList'> & { readonly list: boolean })[]
    readonly file: DraftFile
  }
  readonly metric: DraftMetric & { readonly file: DraftFile }
}

/**
 * Drafts declarations from samples. The one piece behind the form of the console and the command line:
 * nothing is written, somebody puts the files into the pipeline.
 *
 * @throws TributaryError `bad_request`, `too_large`
 * @example draftDeclarations([{ order_id: 7, amount: 12.5 }], { type: 'com.example.order' }, {}, [])
 */
export function draftDeclarations(
  samples: readonly unknown[],
  contract: ContractChoices,
  metric: Partial<DraftMetric>,
  declared: readonly Pick<Contract, 'type' | 'version'>[],
): Drafts {
  const { draft, fields } = draftContract(samples, contract, declared)
  const { tree: _, ...shown } = draft
  const measured = draftMetric(draft.type, fields, metric)
  return {
    contract: {
      ...shown,
      fields: fields.map(({ path: _p, items: _i, isList, ...field }) => ({ ...field, list: isList })),
      file: contractFile(draft),
    },
    metric: { ...measured, file: metricFile(measured, declarationOf(draft)) },
  }
}
