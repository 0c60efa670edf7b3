import type { Sql } from './dialect.ts'

/** A name, a literal, or a call: what binds as tightly as it can by itself. */
const ATOM = /^(?:[a-z_][\w.]*|\d+|"(?:[^"]|"")*"|`(?:[^`]|``)*`)$/i

/** An expression as an operand: in parentheses, where it is more than one name or number. */
export function operand(sql: Sql): Sql {
  return ATOM.test(sql) || isOneCall(sql) ? sql : `(${sql})`
}

/** Whether a text begins with a name or nothing, and ends with the parenthesis that it opens first. */
function isOneCall(sql: Sql): boolean {
  const open = /^[a-z_0-9]*\(/i.exec(sql)
  if (open === null || /['"`]/.test(sql)) return false
  let depth = 0
  for (let i = open[0].length - 1; i < sql.length; i++) {
    if (sql[i] === '(') depth++
    else if (sql[i] === ')' && --depth === 0) return i === sql.length - 1
  }
  return false
}
