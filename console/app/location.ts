import { signal } from '@preact/signals'

/** Where the console stands: path and query string, as the address bar has them. */
export type Place = { readonly path: string; readonly query: URLSearchParams }

export const place = signal<Place>(read())

window.addEventListener('popstate', () => {
  place.value = read()
})

/** Goes to another address. `replace` leaves no entry in the history, for what is changed bit by bit. */
export function go(address: string, { replace = false } = {}): void {
  if (address === location.pathname + location.search) return
  if (replace) history.replaceState(null, '', address)
  else history.pushState(null, '', address)
  const before = place.value.path
  place.value = read()
  if (!replace && before !== place.value.path) window.scrollTo(0, 0)
}

function read(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) }
}
