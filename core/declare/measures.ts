/** What a metric can compute: the functions that a declaration calls. One line of the table for each. */
export * from '../measures/table.ts'
