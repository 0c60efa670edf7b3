import { Link } from '../../app/link.tsx'
import { place } from '../../app/location.ts'
import { addressOf } from '../../data/address.ts'
import type { Contracts as ContractList } from '../../data/api.ts'
import { get } from '../../data/client.ts'
import { useLive } from '../../data/live.ts'
import { Shown } from '../../parts/shown.tsx'
import { texts } from '../../texts/texts.ts'
import { ContractPage } from './contract-page.tsx'
import { Declare } from './declare/declare.tsx'

const words = texts.contracts

export type Contract = ContractList['contracts'][number]

/** The event types that are declared, and one of them in full; or the form for a new one. */
export function Contracts() {
  return place.value.query.has('declare') ? <Declare /> : <Registry />
}

function Registry() {
  const registry = useLive('contracts', () => get<ContractList>('/v1/contracts'))
  const { query } = place.value
  return (
    <>
      <div class="between">
        <h1>{texts.pages.contracts}</h1>
        <Link class="button" href={addressOf('/contracts', { declare: 'new' })}>
          {texts.declare.open}
        </Link>
      </div>
      <Shown of={registry}>
        {({ contracts }) => {
          if (contracts.length === 0) return <None />
          const type = query.get('type') ?? contracts[0]!.type
          const versions = contracts
            .filter(one => one.type === type)
            .toSorted((a, b) => b.version - a.version)
          const chosen =
            versions.find(({ version }) => String(version) === query.get('version')) ?? versions[0]
          return (
            <div class="beside">
              <Types contracts={contracts} chosen={type} />
              {chosen === undefined ? (
                <div class="state">
                  <h2>{words.unknown(type)}</h2>
                </div>
              ) : (
                <ContractPage contract={chosen} versions={versions} />
              )}
            </div>
          )
        }}
      </Shown>
    </>
  )
}

function Types({ contracts, chosen }: { readonly contracts: readonly Contract[]; readonly chosen: string }) {
  return (
    <nav class="card list" aria-label={words.types}>
      {contracts
        .filter(({ latest }) => latest)
        .map(({ type, title }) => (
          <Link
            key={type}
            href={addressOf('/contracts', { type })}
            class="list-item"
            isCurrent={type === chosen}
          >
            <span class="strong">{title}</span>
            <span class="hint">{type}</span>
          </Link>
        ))}
    </nav>
  )
}

function None() {
  return (
    <div class="state">
      <h2>{words.none}</h2>
      <p>{words.noneNext}</p>
    </div>
  )
}
