type TextProps = {
  readonly label: string
  readonly value: string
  readonly choose: (value: string) => void
  readonly isNumber?: boolean
}

/** A text that is taken when one leaves it, or presses Enter. */
export function TextField({ label, value, choose, isNumber = false }: TextProps) {
  return (
    <label class="field">
      <span class="label">{label}</span>
      <input
        type="text"
        {...(isNumber && { inputMode: 'numeric' as const })}
        value={value}
        onChange={event => choose(event.currentTarget.value)}
      />
    </label>
  )
}

type ChecksProps = {
  readonly label: string
  readonly names: readonly string[]
  readonly chosen: readonly string[]
  readonly choose: (chosen: readonly string[]) => void
}

/** Some of several names. */
export function Checks({ label, names, chosen, choose }: ChecksProps) {
  const toggle = (name: string) =>
    choose(chosen.includes(name) ? chosen.filter(one => one !== name) : [...chosen, name])
  return (
    <fieldset class="field">
      <legend class="label">{label}</legend>
      <div class="row checks">
        {names.map(name => (
          <label key={name} class="check">
            <input type="checkbox" checked={chosen.includes(name)} onChange={() => toggle(name)} />
            {name}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
