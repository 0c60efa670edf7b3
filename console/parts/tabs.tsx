type TabsProps<N extends string> = {
  readonly label: string
  readonly names: readonly N[]
  readonly chosen: N
  readonly choose: (name: N) => void
}

/** A choice of few, all of them to be seen. */
export function Tabs<N extends string>({ label, names, chosen, choose }: TabsProps<N>) {
  return (
    <fieldset class="tabs">
      <legend class="visually-hidden">{label}</legend>
      {names.map(name => (
        <button
          key={name}
          type="button"
          class="tab"
          aria-pressed={name === chosen}
          onClick={() => choose(name)}
        >
          {name}
        </button>
      ))}
    </fieldset>
  )
}
