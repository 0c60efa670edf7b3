import type { Drafts } from '../../../data/api.ts'
import { texts } from '../../../texts/texts.ts'
import { Choice } from '../../explore/controls.tsx'
import { Checks, TextField } from './inputs.tsx'
import type { ContractChoices } from './use-drafts.ts'

const words = texts.declare

type FormProps = {
  readonly contract: Drafts['contract']
  readonly choose: (choices: ContractChoices) => void
}

/** What is said of an event type beside its fields. */
export function ContractForm({ contract, choose }: FormProps) {
  const { type, version, title, partitionBy, subject, scale, fields } = contract
  const possible = fields.filter(({ canPartition }) => canPartition).map(({ name }) => name)
  const subjects = [['', texts.units.none], ...possible.map(name => [name, name] as const)] as const
  return (
    <div class="form-grid">
      <TextField label={words.type} value={type} choose={value => choose({ type: value.trim() })} />
      <TextField label={words.name} value={title} choose={value => choose({ title: value })} />
      <TextField
        label={words.version}
        value={String(version)}
        choose={value => choose({ version: Math.max(1, Math.trunc(Number(value)) || 1) })}
        isNumber
      />
      {scale !== null && (
        <TextField
          label={words.scale}
          value={String(scale)}
          choose={value => choose({ scale: Math.min(15, Math.max(0, Math.trunc(Number(value)) || 0)) })}
          isNumber
        />
      )}
      <Choice
        label={words.subject}
        value={subject ?? ''}
        options={subjects}
        choose={value => choose({ subject: value === '' ? null : value })}
      />
      <Checks
        label={words.partitionBy}
        names={possible}
        chosen={partitionBy}
        choose={chosen => choose({ partitionBy: [...chosen] })}
      />
    </div>
  )
}
