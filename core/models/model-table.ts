import type { WarehouseTable } from '../lake/warehouse-table.ts'
import { EPOCH_COLUMN, type Model } from './model.ts'

/** The table of a model, for any engine. */
export function modelTable({
  name,
  header,
  columns,
}: Pick<Model, 'name' | 'header' | 'columns'>): WarehouseTable {
  const { kind, title, description, key } = header
  const said = [title, description].filter(text => text !== undefined && text !== '').join(': ')
  const own = kind === 'scd2' ? [...key, 'valid_from'] : key
  // An epoch's rows are found by it.
  const keyed = kind === 'incremental' ? [EPOCH_COLUMN, ...own] : own
  const required = columns.map(each => (keyed.includes(each.name) ? { ...each, isRequired: true } : each))
  return { name, description: said === '' ? name : said, columns: required, key: keyed }
}
