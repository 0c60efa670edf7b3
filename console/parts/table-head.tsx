/** What stands over a column: its name, that of a column of numbers, or nothing. */
export type ColumnHead = string | { readonly ofNumbers: string } | null

export const ofNumbers = (name: string): ColumnHead => ({ ofNumbers: name })

/** The head of a table. */
export function TableHead({ columns }: { readonly columns: readonly ColumnHead[] }) {
  return (
    <thead>
      <tr>
        {columns.map((column, place) => {
          if (column === null) return <td key={place} />
          const isOfNumbers = typeof column !== 'string'
          return (
            <th key={place} scope="col" class={isOfNumbers ? 'number' : undefined}>
              {isOfNumbers ? column.ofNumbers : column}
            </th>
          )
        })}
      </tr>
    </thead>
  )
}
