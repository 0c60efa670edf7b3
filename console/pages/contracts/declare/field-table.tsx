import type { Drafts } from '../../../data/api.ts'
import { TableHead } from '../../../parts/table-head.tsx'
import { texts } from '../../../texts/texts.ts'
import type { ContractChoices } from './use-drafts.ts'

const words = texts.declare

type Field = Drafts['contract']['fields'][number]
type TableProps = {
  readonly contract: Drafts['contract']
  readonly choose: (choices: ContractChoices) => void
}

const KINDS = ['string', 'integer', 'number', 'boolean', 'json'] as const

/** The fields of the samples, each to be changed or left out. */
export function FieldTable({ contract: { fields, sensitive }, choose }: TableProps) {
  const toggleSensitive = (name: string) =>
    choose({
      sensitive: sensitive.includes(name) ? sensitive.filter(one => one !== name) : [...sensitive, name],
    })
  return (
    <div class="scroll">
      <table>
        <TableHead
          columns={[words.field, words.kind, words.missing, words.nullable, words.sensitive, words.declared]}
        />
        <tbody>
          {fields.map(field => (
            <Row
              key={field.name}
              field={field}
              isSensitive={sensitive.includes(field.name)}
              toggleSensitive={() => toggleSensitive(field.name)}
              change={change => choose({ fields: { [field.name]: change } })}
            />
          ))}
        </tbody>
      </table>
    </div>
  )
}

type Change = NonNullable<ContractChoices['fields']>[string]
type RowProps = {
  readonly field: Field
  readonly isSensitive: boolean
  readonly toggleSensitive: () => void
  readonly change: (change: Change) => void
}

function Row({ field, isSensitive, toggleSensitive, change }: RowProps) {
  const { name, kind, format, optional, nullable, leftOut, list, looksSensitive } = field
  const choices = { format, optional, nullable, leftOut, ...(list ? {} : { kind }) }
  const say = (next: Change) => change({ ...choices, ...next })
  return (
    <tr>
      <td>
        <code>{name}</code>
      </td>
      <td>
        {list ? (
          words.list
        ) : (
          <select
            aria-label={words.kindOf(name)}
            value={format ?? kind}
            onChange={event => say(kindChosen(event.currentTarget.value))}
          >
            {[...KINDS, ...(format === null ? [] : [format])].map(one => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        )}
      </td>
      <td>
        <Flag label={words.missingOf(name)} isOn={optional} set={on => say({ optional: on })} />
      </td>
      <td>
        <Flag label={words.nullableOf(name)} isOn={nullable} set={on => say({ nullable: on })} />
      </td>
      <td>
        <Flag label={words.sensitiveOf(name)} isOn={isSensitive} set={toggleSensitive} />
        {looksSensitive && !isSensitive && <span class="badge warn">{words.looksSensitive}</span>}
      </td>
      <td>
        <Flag label={words.declaredOf(name)} isOn={!leftOut} set={on => say({ leftOut: !on })} />
      </td>
    </tr>
  )
}

/** A kind of values, or a format that texts of the samples have. */
function kindChosen(value: string): Change {
  const kind = KINDS.find(one => one === value)
  return kind === undefined ? { kind: 'string', format: value } : { kind, format: null }
}

type FlagProps = { readonly label: string; readonly isOn: boolean; readonly set: (isOn: boolean) => void }

function Flag({ label, isOn, set }: FlagProps) {
  return (
    <input
      type="checkbox"
      aria-label={label}
      checked={isOn}
      onChange={event => set(event.currentTarget.checked)}
    />
  )
}
