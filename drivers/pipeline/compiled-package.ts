/** Name of the package in the contracts layer. */
export const CONTRACTS_PACKAGE = 'tributary-contracts'
