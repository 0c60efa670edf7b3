/** Drawings on a grid of 16, one line wide, in the colour of the text. */
const PATHS = {
  overview: 'M2 9.5 5 6l3 3 5.5-6M2 13.5h12',
  chart: 'M2 13.5h12M4 11V7.5M8 11V3M12 11V5.5',
  runs: 'M3 3h3v3H3zM10 10h3v3h-3zM4.5 6v5.5H10M6 4.500h5.500V10',
  contract: 'M4 1.800h5.500L12.5 5v9.200H4zM6.3 7.500h4M6.3 10.500h4',
  events: 'M2.500 4h2M7 4h6.500M2.500 8h2M7 8h6.500M2.500 12h2M7 12h6.500',
  rejected: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM3.8 3.800l8.4 8.4',
  dashboards: 'M2.500 2.500h5v5h-5zM10 2.500h3.500v5H10zM2.500 10h5v3.500h-5zM10 10h3.500v3.500H10z',
  bell: 'M8 2a4 4 0 0 1 4 4c0 4 1.500 5 1.500 5h-11S4 10 4 6a4 4 0 0 1 4-4zM6.5 13.500h3',
  sun: 'M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM8 1v1.500M8 13.500V15M1 8h1.500M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  moon: 'M13 9.500A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.500z',
  out: 'M9.5 3V2h-7v12h7v-1M6 8h8M11.5 5.5 14 8l-2.5 2.5',
  proved: 'M8 1.5 13.5 4v4c0 3.5-2.5 5.5-5.5 6.500C5 13.5 2.5 11.5 2.5 8V4zM5.5 8l2 2 3.5-4',
  warning: 'M8 2 14.5 13.500h-13zM8 6.500v3M8 11.500v.1',
  clock: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 4.500V8l2.5 1.5',
  lake: 'M2.5 4c0-1.200 2.500-2 5.500-2s5.500.8 5.500 2-2.500 2-5.500 2-5.500-.8-5.500-2zM2.500 4v8c0 1.200 2.500 2 5.500 2s5.500-.8 5.500-2V4M2.500 8c0 1.200 2.500 2 5.500 2s5.500-.8 5.500-2',
  key: 'M5 4.500a3.500 3.500 0 1 1 0 7 3.500 3.500 0 0 1 0-7zM8.500 8H14v3M11.500 8v2.500',
  check: 'M3.500 8.500l3 3 6-7',
  arrow: 'M3 8h10M9.5 4.5 13 8l-3.5 3.5',
} as const

export type IconName = keyof typeof PATHS

/** A drawing beside a text that says the same; alone it says nothing. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}
