import type { CellType } from './cell-type.ts'
import { count } from './count.ts'
import { first } from './first.ts'
import { last } from './last.ts'
import { max } from './max.ts'
import { min } from './min.ts'
import { bins } from './sketches/bins.ts'
import { registers } from './sketches/registers.ts'
import { squares } from './squares.ts'
import { sum } from './sum.ts'

/** Every kind of cell. Stores write the names, so a name stays for ever. */
const TABLE = { count, sum, min, max, registers, bins, first, last, squares } as const satisfies Readonly<
  Record<string, CellType>
>

export type CellKind = keyof typeof TABLE

export const CELLS: Readonly<Record<CellKind, CellType>> = TABLE
