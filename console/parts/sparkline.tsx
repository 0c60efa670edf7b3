const WIDTH = 240
const HEIGHT = 40

/** A small line of what was, newest at the right; its scale begins at nothing. */
export function Sparkline({
  values,
  most,
  label,
}: {
  readonly values: readonly number[]
  readonly most: number
  readonly label: string
}) {
  const top = Math.max(1, ...values)
  const x = (at: number) => WIDTH - ((values.length - 1 - at) * WIDTH) / (most - 1)
  const y = (value: number) => HEIGHT - 2 - (value / top) * (HEIGHT - 6)
  const points = values.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`)
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {points.length > 1 && (
        <>
          <polygon points={`${x(0).toFixed(1)},${HEIGHT} ${points.join(' ')} ${WIDTH},${HEIGHT}`} />
          <polyline points={points.join(' ')} />
        </>
      )}
    </svg>
  )
}
