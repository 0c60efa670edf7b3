// Stands for @duckdb/node-api in bundles: the package, with its binary, comes from the DuckDB layer.
const { requireFromLayer } = require('../../drivers/layer.ts')

module.exports = requireFromLayer('@duckdb/node-api')
