import { signal } from '@preact/signals'

export type Theme = 'light' | 'dark'

const NAME = 'tributary-theme'
const system = matchMedia('(prefers-color-scheme: dark)')

/** The theme that is shown: the person's choice, or else the system's. */
export const theme = signal<Theme>(chosen() ?? ofSystem())
apply(chosen())

system.addEventListener('change', () => {
  if (chosen() === undefined) theme.value = ofSystem()
})

/** Chooses the other theme, for this browser. */
export function switchTheme(): void {
  const next = theme.value === 'dark' ? 'light' : 'dark'
  // A choice of looks is all that is stored.
  localStorage.setItem(NAME, next)
  apply(next)
  theme.value = next
}

function apply(choice: Theme | undefined): void {
  if (choice !== undefined) document.documentElement.dataset['theme'] = choice
}

function chosen(): Theme | undefined {
  const text = localStorage.getItem(NAME)
  return text === 'light' || text === 'dark' ? text : undefined
}

function ofSystem(): Theme {
  return system.matches ? 'dark' : 'light'
}
